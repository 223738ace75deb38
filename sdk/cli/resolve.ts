import type { CommandEntry } from "./command.ts";
import { COMMANDS } from "./table.ts";

export type Resolved =
  | { readonly type: "command"; readonly entry: CommandEntry; readonly name: string; readonly argv: readonly string[] }
  /** `slipway` or `slipway container`, alone or with `--help`. */
  | { readonly type: "group"; readonly noun: string | undefined }
  | { readonly type: "unknown"; readonly words: readonly string[] };

/** Finds the command that words name: two words (`container ls`) before one (`ps`). `help X` is `X --help`. */
export function resolveCommand(words: readonly string[]): Resolved {
  const [first, second] = words;
  if (first === undefined) return { type: "group", noun: undefined };
  if (first === "help")
    return second === undefined ? { type: "group", noun: undefined } : resolveCommand([...words.slice(1), "--help"]);
  const isNoun = COMMANDS.some((entry) => entry.names.some((name) => name.startsWith(`${first} `)));
  if (isNoun) {
    const found = entryOf(`${first} ${second ?? ""}`);
    if (found !== undefined) return { type: "command", entry: found, name: `${first} ${second}`, argv: words.slice(2) };
    if (second === undefined || second === "--help" || second === "-h") return { type: "group", noun: first };
    return { type: "unknown", words: words.slice(0, 2) };
  }
  const found = entryOf(first);
  if (found !== undefined) return { type: "command", entry: found, name: first, argv: words.slice(1) };
  return { type: "unknown", words };
}

function entryOf(name: string): CommandEntry | undefined {
  return COMMANDS.find((entry) => entry.names.includes(name));
}
