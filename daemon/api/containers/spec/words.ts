/** A command line as Go's strslice reads it: one string is one word. */
export function wordsOf(words: readonly string[] | string | null | undefined): readonly string[] | undefined {
  if (words === null || words === undefined) return undefined;
  return typeof words === "string" ? [words] : words;
}
