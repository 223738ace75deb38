/** The sources of the workspace, and what each imports. */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

const SKIPPED = new Set(["node_modules", "dist", "coverage"]);

export interface SourceFile {
  /** From the root of the checkout: `daemon/base/errors.ts`. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** A path from the root for a relative import, otherwise the specifier as written: `node:fs`, `koffi`. */
  readonly target: string;
}

/** Every `.ts` file below the folders, in the order of the names. */
export function sourceFiles(...folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap((folder) => below(join(ROOT, folder)))
    .map((path) => ({
      path: relative(ROOT, path),
      text: readFileSync(path, "utf8"),
    }));
}

/** Static, dynamic and type-only imports, and re-exports: an arrow is an arrow, whether it is erased or not. */
export function importsOf(file: SourceFile): readonly Import[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map(({ fileName, pos }) => ({
    file: file.path,
    line: lineOf(file.text, pos),
    target: fileName.startsWith(".") ? normalize(join(dirname(file.path), fileName)) : fileName,
  }));
}

export function lineOf(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}

function below(folder: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...below(path));
    else if (entry.name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}
