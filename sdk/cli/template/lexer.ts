import { TemplateError } from "./ast.ts";

export type Token =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "open" | "close" | "pipe" | "(" | ")" | "," | ":=" | "=" }
  | { readonly type: "space" }
  | { readonly type: "field" | "word" | "variable"; readonly text: string }
  | { readonly type: "dot" }
  | { readonly type: "literal"; readonly value: string | number | boolean | null };

/** One token at the start of the rest; a field is one name (`.A.B` is two), so that `(…).A` needs no rule of its own. */
const RULES: readonly (readonly [RegExp, (match: RegExpExecArray) => Token])[] = [
  [/^[ \t\r\n]+/, () => ({ type: "space" })],
  [/^\.([\p{L}_][\p{L}\p{N}_]*)/u, (m) => ({ type: "field", text: m[1]! })],
  [/^\$([\p{L}\p{N}_]*)/u, (m) => ({ type: "variable", text: m[1]! })],
  [/^"(?:[^"\\\n]|\\.)*"/, (m) => ({ type: "literal", value: unquote(m[0]) })],
  [/^`([^`]*)`/, (m) => ({ type: "literal", value: m[1]! })],
  [/^'(?:[^'\\\n]|\\.)'/u, (m) => ({ type: "literal", value: unquote(`"${m[0].slice(1, -1)}"`).codePointAt(0)! })],
  [
    /^[+-]?(?:0[xX][\da-fA-F]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)/,
    (m) => ({ type: "literal", value: Number(m[0].replaceAll("_", "")) }),
  ],
  [/^:=/, () => ({ type: ":=" })],
  [/^=/, () => ({ type: "=" })],
  [/^\|/, () => ({ type: "pipe" })],
  [/^,/, () => ({ type: "," })],
  [/^\(/, () => ({ type: "(" })],
  [/^\)/, () => ({ type: ")" })],
  [/^\./, () => ({ type: "dot" })],
  [/^[\p{L}_][\p{L}\p{N}_]*/u, (m) => word(m[0])],
];

function word(text: string): Token {
  if (text === "true" || text === "false") return { type: "literal", value: text === "true" };
  if (text === "nil") return { type: "literal", value: null };
  return { type: "word", text };
}

function unquote(text: string): string {
  const json = text
    .replace(/\\x([\da-fA-F]{2})/g, "\\u00$1")
    .replace(/\\'/g, "'")
    .replace(/\\a/g, "\\u0007")
    .replace(/\\v/g, "\\u000b");
  try {
    return JSON.parse(json) as string;
  } catch {
    throw new TemplateError(`template: :1: bad character escape in ${text}`);
  }
}

/**
 * Text and actions of a template. `{{-` and `-}}` take the white space before and after them away; comments vanish.
 * @throws TemplateError for an action without an end or a character that starts no token.
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let rest = source;
  let trimNext = false;
  for (;;) {
    const open = rest.indexOf("{{");
    const text = open === -1 ? rest : rest.slice(0, open);
    const after = open === -1 ? "" : rest.slice(open + 2);
    const trimsLeft = /^-[ \t\r\n]/.test(after);
    const shown = trimsLeft ? (trimNext ? text.trim() : text.trimEnd()) : trimNext ? text.trimStart() : text;
    if (shown !== "") tokens.push({ type: "text", text: shown });
    if (open === -1) return tokens;
    [rest, trimNext] = action(trimsLeft ? after.slice(1) : after, tokens);
  }
}

/** Reads one action up to and with its `}}`; says what follows, and whether its white space goes. */
function action(source: string, tokens: Token[]): [rest: string, trim: boolean] {
  const comment = /^\s*\/\*[\s\S]*?\*\/(\s-)?\s*\}\}/.exec(source);
  if (comment !== null) return [source.slice(comment[0].length), comment[1] !== undefined];
  tokens.push({ type: "open" });
  let rest = source;
  for (;;) {
    const close = /^(\s+-)?\}\}/.exec(rest);
    if (close !== null) {
      tokens.push({ type: "close" });
      return [rest.slice(close[0].length), close[1] !== undefined];
    }
    if (rest === "") throw new TemplateError("template: :1: unclosed action");
    const [token, length] = next(rest);
    tokens.push(token);
    rest = rest.slice(length);
  }
}

function next(rest: string): [Token, number] {
  for (const [pattern, make] of RULES) {
    const match = pattern.exec(rest);
    if (match !== null) return [make(match), match[0].length];
  }
  const char = rest[0] ?? "";
  if (char === '"' || char === "`") throw new TemplateError("template: :1: unterminated quoted string");
  throw new TemplateError(`template: :1: unexpected ${JSON.stringify(char)} in operand`);
}
