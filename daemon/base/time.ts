/** Now, as Docker writes times: RFC 3339, UTC, nanoseconds (`2026-01-02T03:04:05.678901234Z`). */
export function nowRfc3339(): string {
  return rfc3339FromNanos(nowNanos());
}

/** Nanoseconds since the epoch, with the wall clock's millisecond resolution (a monotonic clock would miss its corrections). */
export function nowNanos(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

export function rfc3339FromNanos(nanos: bigint): string {
  const seconds = nanos / 1_000_000_000n;
  const fraction = (nanos % 1_000_000_000n).toString().padStart(9, "0");
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

/** Docker's zero time, for "never". */
export const NEVER = "0001-01-01T00:00:00Z";
