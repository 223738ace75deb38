// The declarations of the SDK. tsc leaves `.ts` in relative imports, which a consumer's tsc refuses outside its own files.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE, DIST, ROOT } from "./paths.mjs";
import { run } from "./run.mjs";
import { filesBelow, fingerprint, once } from "./stamp.mjs";

const TYPES = join(DIST, "types");

export async function buildTypes() {
  const entry = join(ROOT, "sdk/index.ts");
  if (!existsSync(entry)) throw new Error("sdk/index.ts is missing");
  const inputs = [...filesBelow(join(ROOT, "sdk"), (name) => name.endsWith(".ts")), join(ROOT, "tsconfig.json")];
  return once("types", fingerprint(inputs), [join(TYPES, "index.d.ts")], async () => {
    rmSync(TYPES, { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    const config = join(CACHE, "tsconfig.types.json");
    const compilerOptions = { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: TYPES };
    const options = { ...compilerOptions, rootDir: join(ROOT, "sdk"), noCheck: true, types: ["node"] };
    writeFileSync(
      config,
      JSON.stringify({ extends: join(ROOT, "tsconfig.json"), compilerOptions: options, include: [], files: [entry] }),
    );
    await run("tsc", ["-p", config]);
    for (const file of filesBelow(TYPES, (name) => name.endsWith(".d.ts"))) {
      const text = readFileSync(file, "utf8");
      writeFileSync(file, text.replace(/(from |import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"'));
    }
  });
}
