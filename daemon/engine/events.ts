import { EngineError } from "../base/errors.ts";
import { nowNanos } from "../base/time.ts";
import type { EngineEvent } from "./model/event.ts";
import type { Events, Filters } from "./services.ts";

/** How many past events `since` can reach back to. */
const HISTORY = 2048;
/** A subscriber that is this far behind is cut off rather than kept in memory. */
const BACKLOG = 65_536;

export type PublishedEvent = Omit<EngineEvent, "timeNano">;

/** The engine's one stream of events: a short history, and subscribers that are pushed to. */
export class EventBus implements Events {
  readonly #history: EngineEvent[] = [];
  readonly #subscribers = new Set<Subscriber>();
  #last = 0n;

  get listeners(): number {
    return this.#subscribers.size;
  }

  publish(event: PublishedEvent): void {
    const now = nowNanos();
    // Strictly increasing, so that "since the last one I saw" neither repeats nor misses one.
    this.#last = now > this.#last ? now : this.#last + 1n;
    const stamped = { ...event, timeNano: this.#last };
    this.#history.push(stamped);
    if (this.#history.length > HISTORY) this.#history.shift();
    for (const subscriber of this.#subscribers) subscriber.push(stamped);
  }

  subscribe(
    query: { readonly since?: bigint; readonly until?: bigint; readonly filters: Filters },
    signal: AbortSignal,
  ): Promise<AsyncIterable<EngineEvent>> {
    const { since, until, filters } = query;
    if (since !== undefined && until !== undefined && since > until) {
      return Promise.reject(new EngineError("InvalidParameter", "`since` time cannot be after `until` time"));
    }
    const past = since === undefined ? [] : this.#history.filter((e) => e.timeNano >= since);
    const subscriber = new Subscriber(
      (event) => matches(event, filters) && (until === undefined || event.timeNano <= until),
    );
    for (const event of past) subscriber.push(event);
    this.#subscribers.add(subscriber);
    return Promise.resolve(this.#drain(subscriber, until, signal));
  }

  async *#drain(subscriber: Subscriber, until: bigint | undefined, signal: AbortSignal): AsyncGenerator<EngineEvent> {
    const ends = [signal];
    if (until !== undefined) {
      const left = Number((until - nowNanos()) / 1_000_000n);
      if (left <= 0) subscriber.end();
      else ends.push(AbortSignal.timeout(Math.min(left, 0x7fff_ffff)));
    }
    const end = (): void => subscriber.end();
    for (const each of ends) each.addEventListener("abort", end, { once: true });
    if (signal.aborted) subscriber.end();
    try {
      yield* subscriber;
    } finally {
      for (const each of ends) each.removeEventListener("abort", end);
      this.#subscribers.delete(subscriber);
    }
  }
}

class Subscriber {
  readonly #accepts: (event: EngineEvent) => boolean;
  #queue: EngineEvent[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(accepts: (event: EngineEvent) => boolean) {
    this.#accepts = accepts;
  }

  push(event: EngineEvent): void {
    if (this.#ended || !this.#accepts(event)) return;
    this.#queue.push(event);
    if (this.#queue.length > BACKLOG) this.#ended = true;
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EngineEvent> {
    for (;;) {
      const batch = this.#queue;
      this.#queue = [];
      yield* batch;
      if (this.#queue.length > 0) continue;
      if (this.#ended) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }
}

/** Docker's rules: values of one filter are alternatives, different filters must all hold. */
export function matches(event: EngineEvent, filters: Filters): boolean {
  for (const [name, values] of filters) {
    if (values.length > 0 && !values.some((value) => matchesOne(event, name, value))) return false;
  }
  return true;
}

function matchesOne(event: EngineEvent, name: string, value: string): boolean {
  switch (name) {
    case "type":
      return event.type === value;
    case "event":
      // `exec_create` matches `exec_create: sh -c …`; `health_status` likewise.
      return event.action === value || event.action.startsWith(`${value}:`);
    case "label": {
      const [key = "", ...rest] = value.split("=");
      const actual = event.attributes[key];
      return actual !== undefined && (rest.length === 0 || actual === rest.join("="));
    }
    case "image":
      return (
        (event.type === "image" && named(event, value)) ||
        imageOf(event) === value ||
        imageOf(event)?.split(":")[0] === value
      );
    case "scope":
      return value === "local";
    case "container":
    case "network":
    case "volume":
    case "daemon":
      return event.type === name && named(event, value);
    default:
      return false;
  }
}

function imageOf(event: EngineEvent): string | undefined {
  return event.type === "container" ? event.attributes["image"] : undefined;
}

function named(event: EngineEvent, value: string): boolean {
  return event.actor === value || event.actor.startsWith(value) || event.attributes["name"] === value;
}
