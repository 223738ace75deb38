import { setTimeout as wait } from "node:timers/promises";

/** Attempts in all, of a request that fails for a reason that may pass. */
export const ATTEMPTS = 5;
/** A server that asks for more patience than this is reported instead. */
const RETRY_AFTER_MAX_MS = 60_000;

/** Worth asking again: the server is busy or broken, and says nothing about the request itself. */
export function isPassing(status: number): boolean {
  return status === 429 || status === 408 || (status >= 500 && status !== 501);
}

/**
 * Milliseconds before attempt `attempt` (1 is the second): what Retry-After says (RFC 9110, 10.2.3), else doubling from
 * `base` with jitter, so that many clients do not come back at once. Undefined: do not come back.
 */
export function delayBefore(attempt: number, base: number, retryAfter: string | undefined): number | undefined {
  if (retryAfter !== undefined) {
    const asked = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
    if (asked > RETRY_AFTER_MAX_MS) return undefined;
    if (!Number.isNaN(asked)) return Math.max(asked, 0);
  }
  return base * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
}

export async function backOff(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { signal });
}
