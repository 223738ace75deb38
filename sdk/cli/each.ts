import { NotFound } from "../transport/errors.ts";
import type { CommandContext } from "./context.ts";
import { CommandFailure } from "./exit.ts";
import { failureText } from "./failures.ts";

export interface EachOptions<T> {
  /** What is printed for a success; by default the name. */
  readonly shown?: (result: T, name: string) => string;
  /** What does not exist is told and is no failure, as `rm -f` has it. */
  readonly forgiveMissing?: boolean;
}

/**
 * Does the same to several objects at once and prints each that succeeded, in order; the failures come last, as docker prints them.
 * @throws CommandFailure with all of them.
 */
export async function forEachObject<T>(
  context: CommandContext,
  names: readonly string[],
  action: (name: string) => Promise<T>,
  options: EachOptions<T> = {},
): Promise<void> {
  const shown = options.shown ?? ((_result, name) => name);
  const results = await Promise.all(names.map((name) => settle(action(name))));
  const failures: unknown[] = [];
  results.forEach((result, at) => {
    if ("value" in result) context.print(`${shown(result.value, names[at]!)}\n`);
    else if (options.forgiveMissing && result.error instanceof NotFound) context.warn(`${failureText(result.error)}\n`);
    else failures.push(result.error);
  });
  if (failures.length === 0) return;
  throw new CommandFailure(failures.map(failureText).join("\n"), undefined, { cause: failures[0] });
}

/** The outcome of work that may fail, without failing. */
export async function settle<T>(work: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await work };
  } catch (error) {
    return { error };
  }
}
