/** How a process ended. */
export interface ExitStatus {
  /** 0..255; 128 + n when signal n ended it; 137 when its end was not seen (the machine or its shim was killed). */
  readonly code: number;
  /** RFC 3339 with nanoseconds, UTC. */
  readonly at: string;
  readonly oomKilled: boolean;
  /** Why it never ran, when runc refused it. */
  readonly error?: string;
}
