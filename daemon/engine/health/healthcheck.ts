import type { Health, Healthcheck, ProbeResult } from "../model/health.ts";

const SECOND = 1e9;
const INTERVAL = 30 * SECOND;
const TIMEOUT = 30 * SECOND;
const START_INTERVAL = 5 * SECOND;
const RETRIES = 3;
const KEPT_RESULTS = 5;
const SHELL = ["/bin/sh", "-c"];

/** The user's wishes over the image's, field by field. Undefined: neither says anything. */
export function mergeHealthcheck(
  own: Healthcheck | undefined,
  image: Healthcheck | undefined,
): Healthcheck | undefined {
  if (own === undefined || image === undefined) return own ?? image;
  return {
    test: own.test.length > 0 ? own.test : image.test,
    interval: own.interval || image.interval,
    timeout: own.timeout || image.timeout,
    startPeriod: own.startPeriod || image.startPeriod,
    startInterval: own.startInterval || image.startInterval,
    retries: own.retries || image.retries,
  };
}

/** What is run. Undefined: nothing is. @param shell of the image, for `CMD-SHELL`. */
export function probeCommand(
  check: Healthcheck | undefined,
  shell: readonly string[] = SHELL,
): readonly string[] | undefined {
  const [kind, ...words] = check?.test ?? [];
  if (words.length === 0) return undefined;
  if (kind === "CMD") return words;
  return kind === "CMD-SHELL" ? [...shell, ...words] : undefined;
}

export function timeoutMs({ timeout }: Healthcheck): number {
  return milliseconds(timeout || TIMEOUT);
}

/** Milliseconds until the next check. @param runsFor milliseconds since the container's start. */
export function delayMs(check: Healthcheck, { status }: Pick<Health, "status">, runsFor: number): number {
  const starts = status === "starting" && runsFor < milliseconds(check.startPeriod ?? 0);
  return milliseconds(starts ? check.startInterval || START_INTERVAL : check.interval || INTERVAL);
}

/** @param startedAt of the container. */
export function afterProbe(health: Health, result: ProbeResult, check: Healthcheck, startedAt: string): Health {
  const log = [...health.log, result].slice(-KEPT_RESULTS);
  if (result.exitCode === 0) return { status: "healthy", failingStreak: 0, log };
  const runFor = Date.parse(result.start) - Date.parse(startedAt);
  if (health.status === "starting" && runFor < milliseconds(check.startPeriod ?? 0)) return { ...health, log };
  const failingStreak = health.failingStreak + 1;
  return { status: failingStreak >= (check.retries || RETRIES) ? "unhealthy" : health.status, failingStreak, log };
}

function milliseconds(nanoseconds: number): number {
  return nanoseconds / 1e6;
}
