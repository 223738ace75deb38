import type { EventMessage } from "../../contract/index.ts";
import { rfc3339Nano } from "./times.ts";

export interface ParsedEvent {
  readonly event: EventMessage;
  /** Nanoseconds since 1970, more than a JavaScript number holds exactly. */
  readonly nanoseconds: bigint;
}

/** Reads one line of the stream. */
export function parseEvent(line: string): ParsedEvent {
  const event = JSON.parse(line) as EventMessage;
  const exact = /"timeNano"\s*:\s*(\d+)/.exec(line)?.[1];
  return { event, nanoseconds: exact === undefined ? BigInt(event.time ?? 0) * 1_000_000_000n : BigInt(exact) };
}

/** `2026-01-01T00:00:00.123456789Z container start ID (image=busybox, name=web)` */
export function eventLine({ event, nanoseconds }: ParsedEvent): string {
  const attributes = Object.entries(event.Actor?.Attributes ?? {}).map(([key, value]) => `${key}=${value}`);
  const details = attributes.length === 0 ? "" : ` (${attributes.sort().join(", ")})`;
  return `${rfc3339Nano(nanoseconds)} ${event.Type} ${event.Action} ${event.Actor?.ID ?? ""}${details}\n`;
}

/** What templates name: the fields of the API, and Go's names for those in lower case, which `{{json .}}` does not print twice. */
export function eventRow({ event, nanoseconds }: ParsedEvent): object {
  const { status = "", id = "", from = "", scope = "", time = 0 } = event;
  const aliases = { Status: status, ID: id, From: from, Scope: scope, Time: time, TimeNano: nanoseconds };
  return Object.defineProperties(
    { ...event },
    Object.fromEntries(Object.entries(aliases).map(([name, value]) => [name, { value, enumerable: false }])),
  );
}
