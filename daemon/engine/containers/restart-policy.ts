import type { Container } from "../model/container.ts";

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 60_000;
/** A run that lasted this long counts as a success: the delay begins anew. */
const STEADY_MS = 10_000;

/** Whether a container that ended with `exitCode` is to run again, by its policy alone. */
export function wantsRestart(container: Container, exitCode: number): boolean {
  const { name, maximumRetryCount } = container.spec.host.restartPolicy;
  if (container.stoppedByUser) return false;
  switch (name) {
    case "always":
    case "unless-stopped":
      return true;
    case "on-failure":
      return exitCode !== 0 && (maximumRetryCount === 0 || container.restartCount < maximumRetryCount);
    case "no":
      return false;
  }
}

/** Whether a container that is not running is to be started when the daemon starts. */
export function wantsStartWithDaemon(container: Container): boolean {
  const { name } = container.spec.host.restartPolicy;
  if (container.state.status === "created") return false;
  return name === "always" || (name === "unless-stopped" && !container.stoppedByUser);
}

/** Milliseconds to wait before the next restart: doubled each time, from 100 ms to a minute. */
export function nextDelay(previous: number, ranForMs: number): number {
  if (previous === 0 || ranForMs >= STEADY_MS) return FIRST_DELAY_MS;
  return Math.min(previous * 2, LONGEST_DELAY_MS);
}
