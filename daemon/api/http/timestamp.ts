import { EngineError } from "../../base/errors.ts";

const SECONDS = /^(\d{1,12})(?:\.(\d{1,9})\d*)?$/;
const RFC3339 = /^(\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?)?)(?:\.(\d{1,9})\d*)?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * Nanoseconds since the epoch of `seconds[.fraction]` or RFC 3339 (UTC where no zone is given); undefined for nothing.
 * @throws InvalidParameter.
 */
export function timestamp(query: URLSearchParams, name: string): bigint | undefined {
  const text = query.get(name) ?? "";
  if (text === "") return undefined;
  const [, seconds, fraction = ""] = SECONDS.exec(text) ?? [];
  if (seconds !== undefined) return nanos(BigInt(seconds), fraction);
  const [, moment, part = "", zone = "Z"] = RFC3339.exec(text) ?? [];
  const parsed = Date.parse(moment?.includes("T") === true ? moment + zone : (moment ?? ""));
  if (Number.isNaN(parsed)) {
    throw new EngineError(
      "InvalidParameter",
      `invalid value for ${name}: ${JSON.stringify(text)} is no moment in time`,
    );
  }
  return nanos(BigInt(Math.floor(parsed / 1000)), part);
}

function nanos(seconds: bigint, fraction: string): bigint {
  return seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}
