import type { OptionSpec, OptionValues } from "./options.ts";
import type { CommandContext } from "./context.ts";

/** What one command is: its grammar, its help and what it does. */
export interface CommandSpec<S extends readonly OptionSpec[] = readonly OptionSpec[]> {
  /** After the command's name: `[OPTIONS] CONTAINER [CONTAINER...]` */
  readonly usage: string;
  readonly options: S;
  /** How many positional arguments: `[1]` exactly one, `[1, Infinity]` one or more. */
  readonly args: readonly [min: number, max?: number];
  /** Flags end at the first positional argument. */
  readonly stopEarly?: boolean;
  /** Every word is an argument, flags too: they are another program's. */
  readonly passThrough?: boolean;
  /** Failures of the engine end it with this code; 1 by default. */
  readonly failureCode?: number;
  /** Resolves to the exit code; nothing is 0. */
  run(context: CommandContext, options: OptionValues<S>, args: readonly string[]): Promise<number | void>;
}

/** A command whose option values are typed from its own table. */
export function defineCommand<const S extends readonly OptionSpec[]>(spec: CommandSpec<S>): CommandSpec {
  // The values are made from the same table, by parseArguments.
  return spec;
}

/** A line of the table of commands. */
export interface CommandEntry {
  /** `run`, `container ls`; the first is shown in messages. */
  readonly names: readonly [string, ...string[]];
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: CommandSpec }>;
}
