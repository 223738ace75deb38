import { EngineError } from "../../base/errors.ts";
import { matchesLabels } from "../filters.ts";
import type { Container } from "../model/container.ts";
import type { Filters } from "../services.ts";
import { isLive } from "./list.ts";

/** The stopped containers that a prune may take. */
export function selectForPrune(all: readonly Container[], filters: Filters): readonly Container[] {
  const until = filters.get("until")?.map(parseUntil) ?? [];
  const labels = filters.get("label") ?? [];
  const without = filters.get("label!") ?? [];
  return all.filter(
    (container) =>
      !isLive(container) &&
      container.state.status !== "removing" &&
      until.every((moment) => Date.parse(container.createdAt) < moment) &&
      matchesLabels(container.process.labels, labels) &&
      !without.some((each) => matchesLabels(container.process.labels, [each])),
  );
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds since the epoch of `10m`, `1h30m`, a Unix time in seconds, or an RFC 3339 date. */
export function parseUntil(text: string, now = Date.now()): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    let ago = 0;
    for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
      ago += Number(amount) * (UNITS[unit ?? ""] ?? 0);
    return now - ago;
  }
  const date = Date.parse(text);
  if (Number.isNaN(date))
    throw new EngineError("InvalidParameter", `invalid value for "until" filter: ${JSON.stringify(text)}`);
  return date;
}
