/** JSON as people write it in editors: with comments and trailing commas; and where its parts lie, so that an edit leaves the rest alone. */

export interface Span {
  /** Of the first character. */
  readonly start: number;
  /** Behind the last one. */
  readonly end: number;
}

/** Comments and trailing commas become spaces, so that offsets stay. */
export function plainJson(text: string): string {
  const blank = (part: string): string => part.replace(/[^\n]/g, " ");
  const withoutComments = text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (part) =>
    part.startsWith('"') ? part : blank(part),
  );
  return withoutComments.replace(/"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])/g, (part) => (part === "," ? " " : part));
}

/** @throws SyntaxError */
export function parseJsonText(text: string): unknown {
  return JSON.parse(plainJson(text));
}

/** Where the elements of the array `key` of the outermost object lie. Undefined when there is no such array. */
export function elementSpans(
  text: string,
  key: string,
): { readonly array: Span; readonly elements: readonly Span[] } | undefined {
  const source = plainJson(text);
  let depth = 0;
  let array: number | undefined;
  let start: number | undefined;
  let lastString = "";
  const elements: Span[] = [];
  for (const { 0: token, index } of source.matchAll(/"(?:[^"\\\n]|\\.)*"|[[\]{}]|[^\s[\]{}",:]+/g)) {
    const opens = token === "{" || token === "[";
    const closes = token === "}" || token === "]";
    if (array === undefined) {
      if (opens && token === "[" && depth === 1 && lastString === JSON.stringify(key)) array = index;
      if (!opens && !closes && depth === 1) lastString = token;
    } else if (depth === 2 && !closes) start = index;
    if (opens) depth++;
    if (!closes && !opens && array !== undefined && depth === 2)
      elements.push({ start: index, end: index + token.length });
    if (!closes) continue;
    depth--;
    if (array === undefined) continue;
    if (depth === 2 && start !== undefined) elements.push({ start, end: index + 1 });
    if (depth === 1) return { array: { start: array, end: index + 1 }, elements };
  }
  return undefined;
}

/** Puts a value in the place of an element of an array, or at its end, with the file's indentation. */
export function withElement(text: string, key: string, index: number, value: unknown): string {
  const spans = elementSpans(text, key);
  const lines = (indent: string): string => JSON.stringify(value, undefined, 2).replaceAll("\n", `\n${indent}`);
  if (spans === undefined) return `${JSON.stringify({ [key]: [value] }, undefined, 2)}\n`;
  const element = spans.elements[index];
  if (element !== undefined) return text.slice(0, element.start) + lines("    ") + text.slice(element.end);
  const last = spans.elements.at(-1);
  if (last !== undefined) return `${text.slice(0, last.end)},\n    ${lines("    ")}${text.slice(last.end)}`;
  return `${text.slice(0, spans.array.start)}[\n    ${lines("    ")}\n  ]${text.slice(spans.array.end)}`;
}

/** Takes an element and its comma out. */
export function withoutElement(text: string, key: string, index: number): string {
  const elements = elementSpans(text, key)?.elements ?? [];
  const element = elements[index];
  if (element === undefined) return text;
  const before = elements[index - 1];
  const after = elements[index + 1];
  if (after !== undefined) return text.slice(0, element.start) + text.slice(after.start);
  return text.slice(0, before?.end ?? element.start) + text.slice(element.end);
}
