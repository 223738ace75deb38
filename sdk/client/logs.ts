import type { Readable } from "node:stream";
import { demux, stdioParts, type DemuxedOutput } from "../transport/demux.ts";
import type { StdioPart } from "../transport/stdio-frames.ts";
import type { ApiClient } from "./api/api-client.ts";
import type { LogsQuery } from "./api/containers-api.ts";
import { timeText } from "./time-text.ts";

export interface LogOptions {
  /** Both without it. */
  readonly only?: "stdout" | "stderr";
  /** Goes on with what comes, until the container ends. */
  readonly follow?: boolean;
  readonly since?: Date | string;
  readonly until?: Date | string;
  /** The last so many lines. */
  readonly tail?: number;
  /** Ends the reading, with the signal's reason. The container does not notice. */
  readonly signal?: AbortSignal;
}

export interface LogLine {
  readonly stream: "stdout" | "stderr";
  /** Without its end. A line of more than 1 MiB comes in pieces. */
  readonly text: string;
  /** RFC 3339 with nanoseconds: when the engine got it. */
  readonly time: string;
}

const MAX_LINE_CHARACTERS = 1024 * 1024;

/**
 * What a container wrote: as lines, or as the bytes of both streams. Nothing is asked for until one of them is read, and each reading
 * asks anew.
 *
 * @example
 * for await (const { time, text } of container.logs({ follow: true, tail: 10 })) console.log(time, text);
 */
export class Logs implements AsyncIterable<LogLine> {
  readonly #api: ApiClient;
  readonly #id: string;
  readonly #options: LogOptions;

  constructor(api: ApiClient, id: string, options: LogOptions) {
    this.#api = api;
    this.#id = id;
    this.#options = options;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogLine, void, undefined> {
    const { body, tty } = await this.#open({ timestamps: true });
    const cutters = { stdout: new LineCutter("stdout"), stderr: new LineCutter("stderr") };
    for await (const { stream, bytes } of partsOf(body, tty)) {
      yield* cutters[stream === "stderr" ? "stderr" : "stdout"].push(bytes);
    }
    yield* cutters.stdout.end();
    yield* cutters.stderr.end();
  }

  /** Both streams as the container wrote them. Those of a terminal are one. */
  async streams(): Promise<DemuxedOutput> {
    const { body, tty } = await this.#open({});
    return demux(body, { tty });
  }

  /** Both streams together, as UTF-8, in the order of their arrival. */
  async text(): Promise<string> {
    const { body, tty } = await this.#open({});
    const decoder = new TextDecoder();
    let text = "";
    for await (const { bytes } of partsOf(body, tty)) text += decoder.decode(bytes, { stream: true });
    return text + decoder.decode();
  }

  async #open(extra: Pick<LogsQuery, "timestamps">): Promise<{ body: Readable; tty: boolean }> {
    const { only, follow, since, until, tail, signal } = this.#options;
    const { Config } = await this.#api.containers.inspect(this.#id, {}, signal);
    const query: LogsQuery = {
      stdout: only !== "stderr",
      stderr: only !== "stdout",
      follow,
      since: since === undefined ? undefined : timeText(since),
      until: until === undefined ? undefined : timeText(until),
      tail: tail === undefined ? undefined : String(tail),
      ...extra,
    };
    return { body: await this.#api.containers.logs(this.#id, query, signal), tty: Config.Tty ?? false };
  }
}

async function* partsOf(body: Readable, tty: boolean): AsyncGenerator<StdioPart, void, undefined> {
  if (!tty) return yield* stdioParts(body);
  for await (const bytes of body as AsyncIterable<Uint8Array>) yield { stream: "stdout", bytes };
}

/** Cuts one stream into lines, each of which begins with its time and a space. */
class LineCutter {
  readonly #stream: LogLine["stream"];
  readonly #decoder = new TextDecoder();
  #rest = "";
  /** Of the line whose first piece was handed on; "" between lines. */
  #time = "";

  constructor(stream: LogLine["stream"]) {
    this.#stream = stream;
  }

  *push(bytes: Uint8Array): Generator<LogLine, void, undefined> {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      yield this.#piece(line.endsWith("\r") ? line.slice(0, -1) : line);
      this.#time = "";
    }
    if (this.#rest.length <= MAX_LINE_CHARACTERS) return;
    const piece = this.#piece(this.#rest);
    this.#time = piece.time;
    this.#rest = "";
    yield piece;
  }

  *end(): Generator<LogLine, void, undefined> {
    const rest = this.#rest + this.#decoder.decode();
    if (rest !== "") yield this.#piece(rest);
  }

  #piece(text: string): LogLine {
    if (this.#time !== "") return { stream: this.#stream, time: this.#time, text };
    const space = text.indexOf(" ");
    return { stream: this.#stream, time: text.slice(0, space), text: text.slice(space + 1) };
  }
}
