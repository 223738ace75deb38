import { invalid } from "./spec/invalid.ts";

/** The largest of the kernel's `struct winsize`. */
const MAX = 65_535;

/** `h` and `w` of a resize. @throws EngineError InvalidParameter. */
export function terminalSize(query: URLSearchParams): { readonly rows: number; readonly columns: number } {
  return { rows: size(query, "h", "height"), columns: size(query, "w", "width") };
}

function size(query: URLSearchParams, name: string, what: string): number {
  const text = query.get(name) ?? "";
  if (!/^\d+$/.test(text) || Number(text) > MAX) throw invalid(`invalid resize ${what} ${JSON.stringify(text)}`);
  return Number(text);
}
