// The project's TypeScript without its types, for an emulated machine. Node strips types by WebAssembly, and V8's compiler of
// that crashes there about once in fifty starts (it never did on a real processor); it also takes most of a test's start.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { CACHE, ROOT } from "./paths.mjs";
import { filesBelow } from "./stamp.mjs";

const STRIPPED = join(CACHE, "stripped");

/** By its content: what has changed since is not found, and stripped by Node. */
const strippedPath = (source) => join(STRIPPED, createHash("sha256").update(source).digest("hex"));

/** Every file of the project; lines and columns stay where they were. */
export function stripTypes() {
  rmSync(STRIPPED, { recursive: true, force: true });
  mkdirSync(STRIPPED, { recursive: true });
  for (const folder of ["sdk", "daemon", "extension", "test"])
    for (const file of filesBelow(join(ROOT, folder), (name) => name.endsWith(".ts"))) {
      const source = readFileSync(file, "utf8");
      writeFileSync(strippedPath(source), stripTypeScriptTypes(source));
    }
}

/** The variable that makes Node, and every Node it starts, load what `stripTypes` wrote; none where it wrote nothing. */
export const strippedEnv = () =>
  existsSync(STRIPPED) ? { NODE_OPTIONS: `--import ${join(import.meta.dirname, "load-stripped.mjs")}` } : {};

export function loadStripped() {
  registerHooks({
    load(url, context, next) {
      if (!url.startsWith("file:") || !url.endsWith(".ts")) return next(url, context);
      const stripped = strippedPath(readFileSync(new URL(url)));
      if (!existsSync(stripped)) return next(url, context);
      return { format: "module", source: readFileSync(stripped), shortCircuit: true };
    },
  });
}
