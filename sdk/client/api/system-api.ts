import type { Readable } from "node:stream";
import type { EventMessage, SystemDataUsage, SystemInfo, SystemVersion } from "../../contract/index.ts";
import { jsonLines } from "../../transport/json-lines.ts";
import { filtersText, type Caller, type FilterValues } from "./caller.ts";

export interface EventsQuery {
  /** Seconds since 1970 with a fraction of up to nine digits, or RFC 3339. */
  readonly since?: string;
  /** Ends the stream there; without it the stream goes on. */
  readonly until?: string;
  readonly filters?: FilterValues;
}

/** What the API says of the engine itself. */
export class SystemApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async version(signal?: AbortSignal): Promise<SystemVersion> {
    return await this.#caller.get("/version", {}, signal);
  }

  async info(signal?: AbortSignal): Promise<SystemInfo> {
    return await this.#caller.get("/info", {}, signal);
  }

  async diskUsage(query: { readonly type?: readonly string[] } = {}, signal?: AbortSignal): Promise<SystemDataUsage> {
    return await this.#caller.get("/system/df", query, signal);
  }

  /** Resolves when the engine listens for them: what happens after that is not missed. */
  async events(query: EventsQuery = {}, signal?: AbortSignal): Promise<AsyncGenerator<EventMessage, void, undefined>> {
    return jsonLines<EventMessage>(await this.openEvents(query, signal));
  }

  /** The same as bytes, one JSON text a line: its `timeNano` is more than a JavaScript number holds exactly. */
  async openEvents({ since, until, filters }: EventsQuery = {}, signal?: AbortSignal): Promise<Readable> {
    return await this.#caller.open("GET", "/events", {
      query: { since, until, filters: filtersText(filters) },
      signal,
    });
  }
}
