// The project's TypeScript without its types, for an emulated machine. Node strips types by WebAssembly, and V8's compiler of
// that crashes there about once in fifty starts (it never did on a real processor); it also takes most of a test's start.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { CACHE, ROOT } from "./paths.mjs";
import { filesBelow } from "./stamp.mjs";

const STRIPPED = join(CACHE, "stripped");

/** Writes every file of the project anew; lines and columns stay where they were. */
export function stripTypes() {
  rmSync(STRIPPED, { recursive: true, force: true });
  for (const folder of ["sdk", "daemon", "extension", "test"])
    for (const file of filesBelow(join(ROOT, folder), (name) => name.endsWith(".ts"))) {
      const target = join(STRIPPED, relative(ROOT, file));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, stripTypeScriptTypes(readFileSync(file, "utf8")));
    }
}

/** The variable that makes Node, and every Node it starts, load what `stripTypes` wrote; none where it wrote nothing. */
export const strippedEnv = () =>
  existsSync(STRIPPED) ? { NODE_OPTIONS: `--import ${join(import.meta.dirname, "load-stripped.mjs")}` } : {};

/** Only for files of this project that were stripped; all others load as ever. */
export function loadStripped() {
  registerHooks({
    load(url, context, next) {
      if (!url.startsWith("file:") || !url.endsWith(".ts")) return next(url, context);
      const stripped = join(STRIPPED, relative(ROOT, fileURLToPath(url)));
      if (!existsSync(stripped)) return next(url, context);
      return { format: "module", source: readFileSync(stripped), shortCircuit: true };
    },
  });
}
