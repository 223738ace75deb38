import { parseBytes, parseDuration } from "./flags/units.ts";

/**
 * One flag. `bool` takes no value but in the form `--flag=false`; `list` may be repeated; `bytes` reads 64m, `duration` 1m30s
 * (as nanoseconds).
 */
export interface OptionSpec {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly type: "bool" | "string" | "list" | "int" | "number" | "bytes" | "duration";
  readonly help: string;
  /** The word for its value in the help. */
  readonly value?: string;
  /** Taken, and left out of the help: an older name. */
  readonly hidden?: boolean;
  /** Checks one value. Throws an Error whose message says what is wrong with it. */
  readonly check?: (value: string) => unknown;
}

interface Values {
  bool: boolean | undefined;
  string: string | undefined;
  list: readonly string[];
  int: number | undefined;
  number: number | undefined;
  bytes: number | undefined;
  duration: number | undefined;
}

/** The values by flag name; undefined where the flag was not given, an empty list for `list`. */
export type OptionValues<S extends readonly OptionSpec[]> = {
  readonly [Spec in S[number] as Spec["name"]]: Values[Spec["type"]];
};

/** @throws Error with pflag's words. */
export function parseValue(spec: OptionSpec, text: string): string | number | boolean {
  spec.check?.(text);
  switch (spec.type) {
    case "bool":
      return parseBool(text);
    case "int":
      if (!/^[+-]?\d+$/.test(text))
        throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
      return Number(text);
    case "number":
      if (text.trim() === "" || !Number.isFinite(Number(text)))
        throw new Error(`failed to parse ${text} as a rational number`);
      return Number(text);
    case "bytes":
      return parseBytes(text);
    case "duration":
      return parseDuration(text);
    default:
      return text;
  }
}

/** strconv.ParseBool */
function parseBool(text: string): boolean {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false;
  throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}
