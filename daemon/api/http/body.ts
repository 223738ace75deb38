import type { IncomingMessage } from "node:http";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { EngineError, messageOf } from "../../base/errors.ts";

/** JSON bodies are small; whoever sends more is not a client of this API. */
export const JSON_LIMIT = 4 * 1024 * 1024;

/** Undoes Content-Encoding. @throws NotImplemented for one that is not known here. */
export function decoded(raw: Readable, encoding: string | undefined): Readable {
  switch ((encoding ?? "").trim().toLowerCase()) {
    case "":
    case "identity":
      return raw;
    case "gzip":
    case "x-gzip":
      return gunzipped(raw);
    default:
      raw.destroy();
      throw new EngineError("NotImplemented", `Content-Encoding ${JSON.stringify(encoding)} is not supported`);
  }
}

function gunzipped(raw: Readable): Readable {
  const gunzip = createGunzip();
  // Zlib's own error ("unexpected end of file") names no cause that a client could act on.
  const destroy = gunzip._destroy.bind(gunzip);
  gunzip._destroy = (error, done) =>
    destroy(error && !(error instanceof EngineError) ? badBody("is not valid gzip", error) : error, done);
  return pipeline(raw, gunzip, () => undefined);
}

function badBody(what: string, cause?: unknown): EngineError {
  const detail = cause === undefined ? "" : `: ${messageOf(cause)}`;
  return new EngineError("InvalidParameter", `request body ${what}${detail}`, { cause });
}

/**
 * The body of a request, apart from its connection: destroying it lets what is left be read and dropped, where destroying the
 * request would close the connection under the answer. A body that ends before its announced length fails.
 */
export class RequestBody extends Readable {
  readonly #source: IncomingMessage;

  constructor(source: IncomingMessage) {
    super({ highWaterMark: 64 * 1024 });
    this.#source = source;
    source.on("data", this.#take).once("end", this.#end).on("error", this.#cut).once("close", this.#cut).pause();
  }

  readonly #take = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#source.pause();
  };

  readonly #end = (): void => {
    // RFC 9112, 8: "complete" is set only by the last chunk or the full length.
    if (this.#source.complete) this.push(null);
    else this.#cut();
  };

  readonly #cut = (cause?: Error): void => {
    if (!this.readableEnded && !this.#source.readableEnded) this.destroy(badBody("was cut short", cause));
  };

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    // Its "error" listener stays: the connection may still fail, and that has been said.
    this.#source.off("data", this.#take).off("end", this.#end).off("close", this.#cut);
    this.#source.resume();
    callback(error);
  }
}

/** All of a small body. @throws InvalidParameter when it is larger than the limit or slower than `deadline` milliseconds. */
export async function readAll(body: Readable, limit: number, deadline: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => body.destroy(badBody(`did not arrive within ${deadline / 1000} s`)), deadline);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw badBody(`is larger than ${limit} bytes`);
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(timer);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
}
