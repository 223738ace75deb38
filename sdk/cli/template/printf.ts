import { goText, jsonText } from "./values.ts";

const VERB = /%([-+ #0]*)(\d+|\*)?(?:\.(\d+))?([a-zA-Z%])/g;

/** fmt.Sprintf for the verbs that make sense for JSON values: v s q d x X o b c t f e g T and %%. */
export function printf(format: string, args: readonly unknown[]): string {
  let used = 0;
  const text = format.replace(
    VERB,
    (_all, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      if (verb === "%") return "%";
      const wide = width === "*" ? Number(args[used++]) : Number(width ?? 0);
      if (used >= args.length) return `%!${verb}(MISSING)`;
      const body = formatOne(verb, flags, precision === undefined ? undefined : Number(precision), args[used++]);
      if (flags.includes("-")) return body.padEnd(wide);
      if (!flags.includes("0") || !/[dxXobfeg]/.test(verb)) return body.padStart(wide);
      const sign = /^[+-]/.exec(body)?.[0] ?? "";
      return sign + body.slice(sign.length).padStart(wide - sign.length, "0");
    },
  );
  const extra = args.slice(used).map((arg) => `${typeName(arg)}=${goText(arg, true)}`);
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(", ")})`;
}

function formatOne(verb: string, flags: string, precision: number | undefined, value: unknown): string {
  const plus = flags.includes("+") && typeof value === "number" && value >= 0 ? "+" : "";
  switch (verb) {
    case "v":
      return flags.includes("#") && typeof value === "string" ? jsonText(value) : plus + goText(value, true);
    case "s":
      return goText(value, true).slice(0, precision);
    case "q":
      return jsonText(goText(value, true));
    case "t":
      return typeof value === "boolean" ? String(value) : bad(verb, value);
    case "T":
      return typeName(value);
    case "c":
      return typeof value === "number" ? String.fromCodePoint(value) : bad(verb, value);
    case "x":
    case "X": {
      const hex = typeof value === "string" ? Buffer.from(value).toString("hex") : integer(verb, value, 16);
      return verb === "X" ? hex.toUpperCase() : hex;
    }
    case "d":
      return plus + integer(verb, value, 10);
    case "o":
      return integer(verb, value, 8);
    case "b":
      return integer(verb, value, 2);
    case "f":
    case "F":
      return typeof value === "number" ? plus + value.toFixed(precision ?? 6) : bad(verb, value);
    case "e":
      return typeof value === "number"
        ? value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, "e$10$2")
        : bad(verb, value);
    case "g":
      return typeof value === "number" ? String(value) : bad(verb, value);
    default:
      return bad(verb, value);
  }
}

function integer(verb: string, value: unknown, radix: number): string {
  return typeof value === "number" && Number.isInteger(value) ? value.toString(radix) : bad(verb, value);
}

function bad(verb: string, value: unknown): string {
  return `%!${verb}(${typeName(value)}=${goText(value, true)})`;
}

function typeName(value: unknown): string {
  if (value === undefined || value === null) return "<nil>";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float64";
  return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
}
