/** docker's exit codes: 125 for the command itself, 126 and 127 for what could not be run, 1 for the rest. */
export const EXIT = { failure: 1, usage: 125, notRunnable: 126, notFound: 127 } as const;

/** Ends the command with a message on stderr (none when empty) and an exit code. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly exitCode: number;
  /** The command is at fault: it names itself before the message and points to its help after it. */
  readonly helped: boolean;

  constructor(message: string, exitCode: number = EXIT.failure, options: { helped?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = exitCode;
    this.helped = options.helped ?? exitCode === EXIT.usage;
  }
}

/** An argument that cannot be; the command's usage is shown with it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.usage) {
    super(message);
    this.exitCode = exitCode;
  }
}
