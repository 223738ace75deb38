import type { EngineEvent } from "../model/event.ts";
import type { Filters } from "./filters.ts";

export interface Events {
  /**
   * Past events since `since`, then live ones until `until` or the signal. Both in nanoseconds. The subscription is in place
   * when the promise settles.
   */
  subscribe(
    query: { readonly since?: bigint; readonly until?: bigint; readonly filters: Filters },
    signal: AbortSignal,
  ): Promise<AsyncIterable<EngineEvent>>;
}
