import { parseArgs } from "node:util";
import { EngineError } from "../base/errors.ts";
import { OPTION_LIST, type Option, type OptionName, type OptionValues } from "./options.ts";

/**
 * Flags of a command line, in any of the forms that dockerd takes: `--flag value`, `--flag=value`, `-f value`, `-fvalue`.
 * @throws EngineError InvalidParameter in dockerd's words.
 */
export function parseFlags(argv: readonly string[]): OptionValues {
  const { tokens } = parseArgs({ args: [...argv], options: parserOptions(), strict: false, tokens: true });
  const values = new Map<OptionName, string[]>();
  for (const token of tokens) {
    if (token.kind === "positional") throw invalid(`"slipway daemon" accepts no arguments: ${token.value}`);
    if (token.kind === "option-terminator") continue;
    const option = OPTION_LIST.find(({ flag }) => flag === token.name);
    if (option === undefined) throw unknown(token.name, token.rawName);
    const value = valueOf(option, token.value);
    values.set(option.flag, option.kind === "list" ? [...(values.get(option.flag) ?? []), value] : [value]);
  }
  return values;
}

function parserOptions(): Record<string, { type: "string" | "boolean"; short?: string }> {
  return Object.fromEntries(
    OPTION_LIST.map(({ flag, short, kind }) => [
      flag,
      {
        type: kind === "switch" ? ("boolean" as const) : ("string" as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
}

function unknown(name: string, raw: string): EngineError {
  return invalid(raw.startsWith("--") ? `unknown flag: --${name}` : `unknown shorthand flag: '${name}' in ${raw}`);
}

function valueOf(option: Option, value: string | undefined): string {
  if (option.kind === "switch") return truth(option, value ?? "true");
  if (value === undefined) throw invalid(`flag needs an argument: --${option.flag}`);
  if (option.kind === "number" && !/^\d+$/.test(value))
    throw invalid(`invalid argument ${JSON.stringify(value)} for ${shown(option)} flag: not a number`);
  return value;
}

/** Go's strconv.ParseBool. */
function truth(option: Option, value: string): string {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(value)) return "true";
  if (/^(?:0|f|F|FALSE|false|False)$/.test(value)) return "false";
  throw invalid(`invalid argument ${JSON.stringify(value)} for ${shown(option)} flag: not true or false`);
}

/** As messages name it: `"-l, --log-level"`. */
export function shown({ flag, short }: Option): string {
  return short === undefined ? `"--${flag}"` : `"-${short}, --${flag}"`;
}

function invalid(message: string): EngineError {
  return new EngineError("InvalidParameter", message);
}
