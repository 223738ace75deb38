import { UsageError } from "./exit.ts";
import { parseValue, type OptionSpec, type OptionValues } from "./options.ts";

export interface ParsedArguments<S extends readonly OptionSpec[]> {
  readonly options: OptionValues<S>;
  readonly positionals: readonly string[];
  /** `--help` or, where the command has no `-h` of its own, `-h`. */
  readonly help: boolean;
}

/**
 * Reads a command line in the grammar of Go's pflag, which docker's users and scripts rely on and no argument parser of npm's
 * has: `-it`, `-p80:80`, `-e=A=1`, `--flag value`, `--flag=value`; a boolean takes a value only after `=`; `--` ends the flags.
 * With `stopEarly` they end at the first positional, so that `run IMAGE ls -l` leaves `-l` to the container.
 * @throws UsageError with pflag's words.
 */
export function parseArguments<const S extends readonly OptionSpec[]>(
  specs: S,
  argv: readonly string[],
  settings: { readonly stopEarly?: boolean } = {},
): ParsedArguments<S> {
  const reader = new FlagReader(specs);
  const positionals: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === "--") {
      positionals.push(...argv.slice(at + 1));
      break;
    }
    if (word.length < 2 || !word.startsWith("-")) {
      positionals.push(word);
      if (!settings.stopEarly) continue;
      positionals.push(...argv.slice(at + 1));
      break;
    }
    at += word.startsWith("--") ? reader.long(word, argv[at + 1]) : reader.shorts(word, argv[at + 1]);
  }
  return { options: reader.values as OptionValues<S>, positionals, help: reader.help };
}

class FlagReader {
  readonly values: Record<string, unknown> = {};
  help = false;
  readonly #byName: ReadonlyMap<string, OptionSpec>;
  readonly #byLetter: ReadonlyMap<string, OptionSpec>;

  constructor(specs: readonly OptionSpec[]) {
    this.#byName = new Map(specs.map((spec) => [spec.name, spec]));
    this.#byLetter = new Map(specs.flatMap((spec) => (spec.short === undefined ? [] : [[spec.short, spec] as const])));
    for (const spec of specs) this.values[spec.name] = spec.type === "list" ? [] : undefined;
  }

  /** Reads `--name`, `--name=value` or `--name value`; returns how many further words it took. */
  long(word: string, next: string | undefined): number {
    const equals = word.indexOf("=");
    const name = equals === -1 ? word.slice(2) : word.slice(2, equals);
    const spec = this.#byName.get(name);
    if (spec === undefined && name === "help") {
      this.help = true;
      return 0;
    }
    if (name === "" || spec === undefined)
      throw new UsageError(name === "" ? `bad flag syntax: ${word}` : `unknown flag: --${name}`);
    if (equals !== -1) return this.#set(spec, word.slice(equals + 1), 0);
    if (spec.type === "bool") return this.#set(spec, "true", 0);
    if (next === undefined) throw new UsageError(`flag needs an argument: --${name}`);
    return this.#set(spec, next, 1);
  }

  /** Reads `-abc`, `-pVALUE`, `-p=VALUE` or `-p VALUE`; returns how many further words it took. */
  shorts(word: string, next: string | undefined): number {
    for (let at = 1; at < word.length; at++) {
      const letter = word[at]!;
      const spec = this.#byLetter.get(letter);
      if (spec === undefined && letter === "h") {
        this.help = true;
        continue;
      }
      if (spec === undefined) throw new UsageError(`unknown shorthand flag: '${letter}' in -${word.slice(at)}`);
      const rest = word.slice(at + 1);
      if (rest.startsWith("=")) return this.#set(spec, rest.slice(1), 0);
      if (spec.type === "bool") {
        this.#set(spec, "true", 0);
        continue;
      }
      if (rest !== "") return this.#set(spec, rest, 0);
      if (next === undefined) throw new UsageError(`flag needs an argument: '${letter}' in -${word.slice(at)}`);
      return this.#set(spec, next, 1);
    }
    return 0;
  }

  #set(spec: OptionSpec, text: string, taken: number): number {
    try {
      const value = parseValue(spec, text);
      if (spec.type === "list") (this.values[spec.name] as unknown[]).push(value);
      else this.values[spec.name] = value;
    } catch (cause) {
      const flag = spec.short === undefined ? `--${spec.name}` : `-${spec.short}, --${spec.name}`;
      throw new UsageError(`invalid argument ${JSON.stringify(text)} for "${flag}" flag: ${(cause as Error).message}`);
    }
    return taken;
  }
}
