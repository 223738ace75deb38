import { l10n } from "vscode";
import { NotFound, type Engine } from "../../sdk/index.ts";
import type { Happening } from "../model/engine-mirror.ts";
import { LineStore, type Line } from "../model/line-store.ts";
import { LogFrames } from "../model/log-frames.ts";
import type { Session } from "../session/session.ts";

/** Lines that are shown at once; what came before is brought when the reader goes there. */
const FIRST_LINES = 5000;
const BATCH_LINES = 20_000;

export interface LogReaderDeps {
  readonly session: Session;
  readonly container: string;
  readonly onLines: () => void;
  readonly onStatus: (status: string) => void;
}

/**
 * Reads a container's log into a store and stays with it: when the container ends it waits for its next start, when the engine goes away
 * it goes on where it was.
 */
export class LogReader implements Disposable {
  readonly store = new LineStore();
  readonly #deps: LogReaderDeps;
  readonly #stop = new AbortController();
  #reading = false;
  /** Something asked for a reading while one was under way. */
  #again = false;
  #gone = false;
  #hasEarlier = false;
  #readingEarlier = false;
  readonly #forgetSession: () => void;

  constructor(deps: LogReaderDeps) {
    this.#deps = deps;
    this.#forgetSession = deps.session.onChange(({ status }) => {
      if (status === "connected") this.read();
      else if (status === "away") this.#tellAway();
    });
  }

  /** Follows from the last line on. */
  read(): void {
    if (this.#gone || this.#stop.signal.aborted) return;
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    void this.#follow().finally(() => {
      this.#reading = false;
      if (this.#again) {
        this.#again = false;
        this.read();
      }
    });
  }

  /** Something happened on the engine. */
  take({ type, action, id }: Happening): void {
    if (type !== "container" || id !== this.#deps.container) return;
    if (action === "start") this.read();
    if (action === "destroy") {
      this.#gone = true;
      this.#deps.onStatus(l10n.t("removed"));
    }
  }

  /** Brings all that was written before the first line. Once is enough. */
  async readEarlier(): Promise<void> {
    const first = this.store.first;
    if (first === undefined || !this.#hasEarlier || this.#readingEarlier) return;
    this.#readingEarlier = true;
    try {
      const engine = await this.#deps.session.engine();
      const earlier: Line[][] = [];
      for await (const lines of allLines(engine, this.#deps.container, first.time, this.#stop.signal))
        earlier.push(lines);
      this.store.prepend(earlier.flat().filter(({ time }) => time < first.time));
      this.#hasEarlier = false;
      this.#deps.onLines();
    } finally {
      this.#readingEarlier = false;
    }
  }

  [Symbol.dispose](): void {
    this.#forgetSession();
    this.#stop.abort();
  }

  async #follow(): Promise<void> {
    const { session, container: id, onStatus } = this.#deps;
    const { signal } = this.#stop;
    try {
      const engine = await session.engine();
      const container = engine.containers.withId(id);
      onStatus(l10n.t("following"));
      const { last } = this.store;
      if (last === undefined) this.#hasEarlier = true;
      const where = last === undefined ? { tail: FIRST_LINES } : { since: last.time };
      await this.#take(container.logs({ ...where, follow: true, signal }), last?.time ?? "");
      const { State } = await container.inspect({ signal });
      onStatus(State.Running ? l10n.t("following") : l10n.t("ended with code {0}", State.ExitCode));
      if (State.Running) this.#again = true;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof NotFound) this.#gone = true;
      // The session may have noticed first; what the stream says of it says less.
      if (session.state.status === "away") this.#tellAway();
      else onStatus(error instanceof NotFound ? l10n.t("removed") : (error as Error).message);
    }
  }

  #tellAway(): void {
    this.#deps.onStatus(l10n.t("the engine is away"));
  }

  /** Lines that come together are told of once. */
  async #take(lines: AsyncIterable<Line>, after: string): Promise<void> {
    let batch: Line[] = [];
    let scheduled = false;
    const flush = (): void => {
      scheduled = false;
      if (batch.length === 0) return;
      this.store.append(batch);
      batch = [];
      this.#deps.onLines();
    };
    for await (const line of lines) {
      if (line.time <= after) continue;
      batch.push(line);
      if (batch.length >= BATCH_LINES) flush();
      if (scheduled) continue;
      scheduled = true;
      setImmediate(flush);
    }
    flush();
  }
}

/** The log up to a time, in the batches in which its bytes come. */
async function* allLines(
  engine: Engine,
  id: string,
  until: string,
  signal: AbortSignal,
): AsyncGenerator<Line[], void, undefined> {
  const { Config } = await engine.api.containers.inspect(id, {}, signal);
  const query = { stdout: true, stderr: true, timestamps: true, until };
  const frames = new LogFrames(Config.Tty ?? false);
  for await (const chunk of await engine.api.containers.logs(id, query, signal)) yield frames.push(chunk as Uint8Array);
  yield frames.end();
}
