import type { LogQuery } from "../../engine/services.ts";
import { boolean } from "../http/query.ts";
import { invalid } from "./spec/invalid.ts";

/** The parameters of `logs`. @throws EngineError InvalidParameter, also when no stream is chosen. */
export function parseLogQuery(query: URLSearchParams): LogQuery {
  const stdout = boolean(query, "stdout");
  const stderr = boolean(query, "stderr");
  if (!stdout && !stderr) throw invalid("Bad parameters: you must choose at least one stream");
  return {
    stdout,
    stderr,
    follow: boolean(query, "follow"),
    since: timestamp(query, "since"),
    until: timestamp(query, "until"),
    tail: tailOf(query.get("tail") ?? ""),
  };
}

/** Nanoseconds of `seconds[.fraction]` since the epoch; 0 and nothing are "no bound". */
function timestamp(query: URLSearchParams, name: string): bigint | undefined {
  const text = query.get(name) ?? "";
  if (text === "" || text === "0") return undefined;
  const match = /^(\d{1,12})(?:\.(\d{1,9})\d*)?$/.exec(text);
  if (match === null) {
    const moment = Date.parse(text);
    if (Number.isNaN(moment)) throw invalid(`invalid value for "${name}": ${JSON.stringify(text)}`);
    return BigInt(moment) * 1_000_000n;
  }
  const [, seconds = "0", fraction = ""] = match;
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** Docker takes whatever is no number for `all`. */
function tailOf(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
