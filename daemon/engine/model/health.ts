/** A command that says whether a container does its work. Durations are nanoseconds; absent or 0 is Docker's default. */
export interface Healthcheck {
  /** `CMD` and words, `CMD-SHELL` and a line for the shell, or `NONE`. Empty: the image's. */
  readonly test: readonly string[];
  readonly interval?: number;
  readonly timeout?: number;
  /** Failures count for nothing until it is over, or the first success. */
  readonly startPeriod?: number;
  /** Between two checks within the start period. */
  readonly startInterval?: number;
  /** This many failures in a row make it unhealthy. */
  readonly retries?: number;
}

export type HealthStatus = "starting" | "healthy" | "unhealthy";

export interface Health {
  readonly status: HealthStatus;
  readonly failingStreak: number;
  /** The last few, oldest first. */
  readonly log: readonly ProbeResult[];
}

export interface ProbeResult {
  /** RFC 3339. */
  readonly start: string;
  readonly end: string;
  /** -1 where it could not be started or took too long. */
  readonly exitCode: number;
  /** The beginning of both streams. */
  readonly output: string;
}
