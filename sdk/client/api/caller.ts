import type { Readable } from "node:stream";
import { InvalidParameter } from "../../transport/errors.ts";
import { jsonLines } from "../../transport/json-lines.ts";
import type { Query } from "../../transport/query.ts";
import type { Transport, TransportRequest } from "../../transport/transport.ts";
import { AttachedStream } from "./attached-stream.ts";

export type Method = TransportRequest["method"];

export type CallOptions = Omit<TransportRequest, "method" | "path">;

/** Names of a filter and the values it accepts, as the API's `filters` parameter has them. */
export type FilterValues = Readonly<Record<string, readonly string[]>>;

/**
 * Requests at one version of the API. Paths are without the version; answers are as the engine sent them.
 * Every method throws SlipwayError by the answer's status, or the reason of the signal.
 */
export class Caller {
  readonly transport: Transport;
  /** The version that is spoken: "1.51". */
  readonly apiVersion: string;

  constructor(transport: Transport, apiVersion: string) {
    this.transport = transport;
    this.apiVersion = apiVersion;
  }

  async get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
    return await this.call<T>("GET", path, { query, signal });
  }

  /** The JSON of an answer, or undefined for one without a body. */
  async call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
    const text = await this.text(method, path, options);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  async text(method: Method, path: string, options: CallOptions = {}): Promise<string> {
    let text = "";
    for await (const chunk of (await this.open(method, path, options)).setEncoding("utf8")) text += chunk as string;
    return text;
  }

  /** For answers whose status says it all. */
  async status(method: Method, path: string, options: CallOptions = {}): Promise<number> {
    const { status, body } = await this.transport.request({ method, path: this.#versioned(path), ...options });
    body.resume();
    return status;
  }

  /** The body of an answer, to be read to its end or destroyed. */
  async open(method: Method, path: string, options: CallOptions = {}): Promise<Readable> {
    const { body } = await this.transport.request({ method, path: this.#versioned(path), ...options });
    return body;
  }

  /** An answer of one JSON value a line. Leaving the loop ends the request. */
  async *lines<T>(method: Method, path: string, options: CallOptions = {}): AsyncGenerator<T, void, undefined> {
    yield* jsonLines<T>(await this.open(method, path, options));
  }

  /** A POST whose connection becomes stdio. Aborting the signal closes it at any time. */
  async upgrade(path: string, options: Pick<CallOptions, "query" | "json" | "signal"> = {}): Promise<AttachedStream> {
    return new AttachedStream(await this.transport.upgrade({ path: this.#versioned(path), ...options }));
  }

  #versioned(path: string): string {
    return `/v${this.apiVersion}${path}`;
  }
}

/** The `filters` parameter; nothing for no filters. */
export function filtersText(filters: FilterValues | undefined): string | undefined {
  if (filters === undefined || Object.keys(filters).length === 0) return undefined;
  return JSON.stringify(filters);
}

/**
 * A name inside a path; those of images keep their slashes.
 * @throws InvalidParameter for one that would turn the path into another.
 */
export function segment(name: string): string {
  const parts = name.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".."))
    throw new InvalidParameter(`not a name: ${JSON.stringify(name)}`);
  return parts.map(encodeURIComponent).join("/");
}
