import { printf } from "./printf.ts";
import { compare, equal, goText, indexInto, jsonText, lengthOf, truth } from "./values.ts";

export type TemplateFunction = (...args: readonly unknown[]) => unknown;

/** fmt.Sprint: a space between operands when neither is a string. */
function sprint(args: readonly unknown[]): string {
  return args.reduce<string>((text, arg, at) => {
    const spaced = at > 0 && typeof arg !== "string" && typeof args[at - 1] !== "string";
    return text + (spaced ? " " : "") + goText(arg, true);
  }, "");
}

function title(text: string): string {
  return text.replace(
    /(^|[^\p{L}\p{N}_'])(\p{L})/gu,
    (_all, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

function slice(value: unknown, from: unknown = 0, to?: unknown): unknown {
  if (typeof value !== "string" && !Array.isArray(value)) throw new TypeError("can't slice item");
  const end = to === undefined ? value.length : Number(to);
  if (Number(from) < 0 || end > value.length || Number(from) > end) throw new TypeError(`index out of range: ${end}`);
  return value.slice(Number(from), end);
}

const HTML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

/** text/template's functions, and those that docker adds (cli/templates). `and` and `or` are short-cut by the evaluator. */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ["and", (...args) => args.find((arg) => !truth(arg)) ?? args.at(-1)],
  ["or", (...args) => args.find(truth) ?? args.at(-1)],
  ["not", (value) => !truth(value)],
  ["eq", (left, ...rights) => rights.some((right) => equal(left, right))],
  ["ne", (left, right) => !equal(left, right)],
  ["lt", (left, right) => compare(left, right) < 0],
  ["le", (left, right) => compare(left, right) <= 0],
  ["gt", (left, right) => compare(left, right) > 0],
  ["ge", (left, right) => compare(left, right) >= 0],
  ["len", lengthOf],
  ["index", (value, ...keys) => indexInto(value, keys)],
  ["slice", slice],
  ["print", (...args) => sprint(args)],
  ["printf", (format, ...args) => printf(String(format), args)],
  ["println", (...args) => `${args.map((arg) => goText(arg, true)).join(" ")}\n`],
  ["html", (...args) => sprint(args).replace(/[&<>"']/g, (char) => HTML[char] ?? char)],
  ["js", (...args) => jsonText(sprint(args)).slice(1, -1)],
  ["urlquery", (...args) => encodeURIComponent(sprint(args)).replaceAll("%20", "+")],
  ["json", jsonText],
  ["split", (text, separator) => String(text).split(String(separator))],
  [
    "join",
    (list, separator) => ((list ?? []) as readonly unknown[]).map((item) => goText(item, true)).join(String(separator)),
  ],
  ["title", (text) => title(String(text))],
  ["lower", (text) => String(text).toLowerCase()],
  ["upper", (text) => String(text).toUpperCase()],
  ["pad", (text, before, after) => " ".repeat(Number(before)) + String(text) + " ".repeat(Number(after))],
  ["truncate", (text, length) => String(text).slice(0, Number(length))],
]);
