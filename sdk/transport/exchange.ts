import type { Readable } from "node:stream";

export interface ExchangeRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** Path and query. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** A string or an array is sent with its length, the rest chunked. A readable that breaks off breaks the request off. */
  readonly body?: string | Uint8Array | Readable | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

export interface ExchangeResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** To be read to its end, or destroyed. Aborting the signal makes it fail with the signal's reason. */
  readonly body: Readable;
}

/**
 * One HTTP request and its answer, whatever the status. Connections are kept alive and do not hold the process. Nothing times out by
 * itself: `wait` answers when the container ends, and events when there are some.
 */
export interface Exchange {
  /** @throws the system error when the engine cannot be reached; the signal's reason when it is aborted. */
  send(request: ExchangeRequest): Promise<ExchangeResponse>;
  /** Ends idle connections at once, and requests under way with an error. */
  close(): Promise<void>;
}
