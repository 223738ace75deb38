import type { CommandContext } from "../context.ts";
import { CommandFailure } from "../exit.ts";

export const FORMAT_OPTION = {
  name: "format",
  short: "f",
  type: "string",
  help: "Format output: 'json', or a Go template",
} as const;

export const LIST_FORMAT_OPTION = {
  name: "format",
  type: "string",
  help: "Format output: 'table', 'table TEMPLATE', 'json', or a Go template",
} as const;

export const FORCE_OPTION = {
  name: "force",
  short: "f",
  type: "bool",
  help: "Do not prompt for confirmation",
} as const;

export const DETACH_KEYS_OPTION = {
  name: "detach-keys",
  type: "string",
  help: "Override the key sequence for detaching a container",
} as const;

/** The docker context in use, as `version` and `info` show it. */
export async function contextName(context: CommandContext): Promise<string> {
  if (context.globals.context !== undefined) return context.globals.context;
  if (context.globals.host.length > 0 || context.env["DOCKER_HOST"]) return "default";
  return context.env["DOCKER_CONTEXT"] || ((await context.config()).currentContext ?? "default");
}

/** Asks on the terminal, or takes what is piped in. Anything but y or yes is no. */
export async function confirmed(context: CommandContext, warning: string): Promise<boolean> {
  context.print(`${warning}\nAre you sure you want to continue? [y/N] `);
  const answer = await readLine(context);
  return /^y(es)?$/i.test(answer.trim());
}

/** One line of standard input, without its end. @throws CommandFailure when it is interrupted. */
export async function readLine(context: CommandContext): Promise<string> {
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: context.stdin, terminal: false });
  for await (const line of lines) {
    lines.close();
    return line;
  }
  return "";
}

/** `10m`, a date or seconds since 1970, as the engine's `since` and `until` read them: seconds, with a fraction where there is one. */
export async function timestamp(context: CommandContext, text: string): Promise<string> {
  const { parseDuration } = await import("../flags/units.ts");
  try {
    return String(Math.floor((context.now() * 1e6 - parseDuration(text)) / 1e9));
  } catch {
    // Not a duration.
  }
  if (/^\d+(\.\d+)?$/.test(text)) return text;
  const zoned = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(localIfBare(text)) : new Date(Number.NaN);
  if (Number.isNaN(zoned.getTime()))
    throw new CommandFailure(
      `invalid value for time: failed to parse value as time or duration: ${JSON.stringify(text)}`,
    );
  const fraction = (/\.(\d{1,9})/.exec(text)?.[1] ?? "").padEnd(9, "0");
  return `${Math.floor(zoned.getTime() / 1000)}.${fraction}`;
}

/** A date without a zone is in the local one, a day alone too (JavaScript would take it as UTC). */
function localIfBare(text: string): string {
  if (/^\d{4}-\d\d-\d\dZ?$/.test(text))
    return text.endsWith("Z") ? text.replace("Z", "T00:00:00Z") : `${text}T00:00:00`;
  return text;
}
