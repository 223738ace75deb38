import { setTimeout as delay } from "node:timers/promises";
import type { EventMessage } from "../contract/index.ts";
import { EngineUnavailable, ProtocolError, SlipwayError } from "../transport/errors.ts";
import { parseLine, textLines } from "../transport/json-lines.ts";
import type { ApiClient } from "./api/api-client.ts";
import type { FilterValues } from "./api/caller.ts";
import { timeText } from "./time-text.ts";

export interface EventOptions {
  /** Begins with what happened since then, as far as the engine remembers. */
  readonly since?: Date | string;
  /** Ends there. Without it the events go on. */
  readonly until?: Date | string;
  /** `{ type: ["container"], event: ["die"], label: ["app=web"] }` */
  readonly filters?: FilterValues;
  /** Seconds to go on trying to reach an engine that went away; 0 throws at once. 60 unless told. */
  readonly reconnect?: number;
  /** Ends the reading, with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface EngineEvent {
  readonly type: "container" | "image" | "volume" | "network" | "daemon" | (string & {});
  /** `create`, `start`, `die`, `exec_create: sh`, … */
  readonly action: string;
  /** Id or name of what it happened to. */
  readonly id: string;
  /** Its labels, and facts like `name`, `image` and `exitCode`. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Nanoseconds since 1970. */
  readonly timeNano: bigint;
}

const FIRST_DELAY_MS = 50;
const LAST_DELAY_MS = 2000;
const NANO = 1_000_000_000n;

/**
 * What happens on the engine, in order, each once. When the connection breaks (the engine is restarted) it connects again and goes on
 * where it was: nothing is lost that the engine still remembers.
 * @throws EngineUnavailable when it does not come back in time.
 *
 * @example
 * for await (const { action, id } of engine.events({ filters: { type: ["container"] } })) console.log(action, id);
 */
export async function* engineEvents(
  api: ApiClient,
  options: EventOptions = {},
): AsyncGenerator<EngineEvent, void, undefined> {
  const { filters, signal, reconnect = 60 } = options;
  const until = options.until === undefined ? undefined : timeText(options.until);
  const seen = new LastSeen(options.since === undefined ? undefined : timeText(options.since));
  const open = (): Promise<AsyncIterable<Uint8Array>> =>
    api.system.openEvents({ since: seen.since, until, filters }, signal);
  let source = await open();
  // A connection that breaks before the first event goes on from here.
  seen.began(Date.now());
  for (;;) {
    let failure: unknown;
    try {
      for await (const line of textLines(source)) {
        const event = eventOf(line);
        if (seen.isNew(event)) yield event;
      }
      if (until !== undefined) return;
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      failure = error;
    }
    signal?.throwIfAborted();
    source = await openAgain(open, { failure, seconds: reconnect, signal });
  }
}

/** Where to go on: the time of the last event, and which of that time were seen, for `since` includes it. */
class LastSeen {
  since: string | undefined;
  #timeNano = 0n;
  readonly #atThatTime = new Set<string>();

  constructor(since: string | undefined) {
    this.since = since;
  }

  /** @param time milliseconds since 1970 */
  began(time: number): void {
    this.since ??= String(time / 1000);
  }

  isNew(event: EngineEvent): boolean {
    if (event.timeNano < this.#timeNano) return false;
    const key = JSON.stringify([event.type, event.action, event.id, event.attributes]);
    if (event.timeNano > this.#timeNano) this.#atThatTime.clear();
    else if (this.#atThatTime.has(key)) return false;
    this.#atThatTime.add(key);
    this.#timeNano = event.timeNano;
    this.since = `${event.timeNano / NANO}.${String(event.timeNano % NANO).padStart(9, "0")}`;
    return true;
  }
}

function eventOf(line: string): EngineEvent {
  const { Type, Action, Actor, time } = parseLine<EventMessage>(line);
  // From the text: a JavaScript number does not hold it exactly. Inside a JSON string the quote before the colon would be escaped.
  const digits = /"timeNano":\s*(\d+)/.exec(line)?.[1];
  const timeNano = digits === undefined ? BigInt(time) * NANO : BigInt(digits);
  return { type: Type, action: Action, id: Actor.ID, attributes: Actor.Attributes ?? {}, timeNano };
}

/** Tries with growing pauses: there is nothing to listen to that says an engine is back. */
async function openAgain(
  open: () => Promise<AsyncIterable<Uint8Array>>,
  options: { readonly failure: unknown; readonly seconds: number; readonly signal: AbortSignal | undefined },
): Promise<AsyncIterable<Uint8Array>> {
  const deadline = Date.now() + options.seconds * 1000;
  let last = options.failure;
  for (let pause = FIRST_DELAY_MS; Date.now() < deadline; pause = Math.min(pause * 2, LAST_DELAY_MS)) {
    await delay(pause, undefined, { signal: options.signal });
    try {
      return await open();
    } catch (error) {
      options.signal?.throwIfAborted();
      // The engine is there and refuses.
      if (error instanceof SlipwayError && error.statusCode !== undefined && error.statusCode < 500) throw error;
      last = error;
    }
  }
  const reason = last instanceof Error ? last.message : "the engine ended the stream";
  throw new EngineUnavailable(`the engine of these events is gone: ${reason}`, [], last);
}
