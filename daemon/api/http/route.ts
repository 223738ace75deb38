/** What a route of the API is. A handler translates: it reads the request, calls the engine, and writes what came of it. */
import type { IncomingHttpHeaders } from "node:http";
import type { Duplex, Readable } from "node:stream";
import type { Static, TSchema } from "@sinclair/typebox";
import type { Logger } from "../../base/logger.ts";

export interface Route {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /**
   * In find-my-way's syntax and without the version: "/containers/:id/json". Below /containers, /images and /distribution the
   * name takes slashes too, encoded or not.
   */
  readonly path: string;
  /**
   * An EngineError thrown before the answer has begun becomes its status and `{"message"}`; one thrown later cuts the
   * answer, so that the client cannot take it for whole.
   */
  handle(request: ApiRequest, response: ApiResponse): Promise<void>;
}

export interface ApiRequest {
  /** Percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Decoded. */
  readonly query: URLSearchParams;
  /** Negotiated: that of the path's prefix, "1.51" without one. Compare with `atLeast` of version.ts. */
  readonly apiVersion: string;
  readonly headers: IncomingHttpHeaders;
  /** Aborted when the client goes away before its answer is complete, and when the daemon ends. */
  readonly signal: AbortSignal;
  /** Carries the request's id. */
  readonly log: Logger;
  /**
   * The body, read whole (4 MiB at most) and validated. Names of fields match whatever their case, as in Go. An empty body is
   * taken as `{}` where the schema accepts that.
   * @throws InvalidParameter with Docker's words.
   */
  json<S extends TSchema>(schema: S): Promise<Static<S>>;
  /**
   * The raw body, with gzip already undone when Content-Encoding says so. A body that is cut fails the stream; it never
   * ends it. Whoever asks for it reads or destroys it.
   */
  body(): Readable;
}

/** One of the four is called, once. */
export interface ApiResponse {
  json(status: number, value: unknown): Promise<void>;
  /** 204 and 304: no body. */
  empty(status: number): Promise<void>;
  /** Sends the head at once: a client that waits for it may go on. The request then counts as a stream, which the daemon's end cuts. */
  start(status: number, headers: Readonly<Record<string, string>>): ResponseStream;
  /**
   * Takes the connection over: 101 UPGRADED when the client asked for `Upgrade: tcp`, else 200 with a raw stream. The
   * Content-Type is raw-stream with a TTY (or below API 1.42), else multiplexed-stream. The Duplex half-closes both ways: its
   * readable side ends when the client has no more to say, `end()` tells the client that there is no more output.
   */
  hijack(options: { readonly tty: boolean }): Promise<Duplex>;
}

export interface ResponseStream {
  /** Resolves when more can be written. @throws Canceled when the client is gone. */
  write(chunk: Uint8Array | string): Promise<void>;
  end(): Promise<void>;
}
