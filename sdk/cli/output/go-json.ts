/** JSON as Go's encoding/json writes it: `<`, `>` and `&` escaped, no spaces. */
export function goJson(value: unknown): string {
  return JSON.stringify(value ?? null).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, "0")}`,
  );
}

/** The list that `inspect` prints: 4 spaces a level, nothing escaped. */
export function indentedList(values: readonly unknown[]): string {
  return values.length === 0 ? "[]\n" : `${JSON.stringify(values, undefined, 4)}\n`;
}
