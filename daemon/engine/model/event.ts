/** One event of `GET /events`, before the wire shape. */
export interface EngineEvent {
  readonly type: "container" | "image" | "network" | "volume" | "daemon";
  /** Docker's words: `create`, `start`, `die`, `exec_create: sh`, … */
  readonly action: string;
  /** Id or name of the object. */
  readonly actor: string;
  /** The object's labels and facts (`name`, `image`, `exitCode`, …). */
  readonly attributes: Readonly<Record<string, string>>;
  /** Nanoseconds since the epoch; strictly increasing. */
  readonly timeNano: bigint;
}
