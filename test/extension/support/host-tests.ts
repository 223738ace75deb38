/** Runs a mocha suite inside the extension host of a real editor, and brings its results back. */
import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../../support/source-tree.ts";
import type { Editor } from "./editor.ts";

export interface HostTest {
  readonly title: string;
  /** Milliseconds. */
  readonly duration: number;
  /** Undefined when it passed. */
  readonly error: string | undefined;
}

const FOLDER = join(ROOT, "test/extension/dist");
const LIMIT_MS = 8 * 60_000;

export async function runHostTests(editor: Editor, suite: string): Promise<readonly HostTest[]> {
  const outfile = join(FOLDER, `${suite}.cjs`);
  await build({
    absWorkingDir: ROOT,
    entryPoints: [`test/extension/suite/${suite}.ts`],
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    external: ["vscode", "mocha"],
    logLevel: "warning",
    sourcemap: "inline",
    // The suite asks the extension's engine; it starts none itself.
    define: { "import.meta.url": '"file:///"' },
  });
  const results = join(editor.scratch, "results.json");
  await rm(results, { force: true });
  const page = await editor.open();
  const ended = new Promise<number>((resolve) => void page.exposeFunction("codeAutomationExit", resolve));
  await page.exposeFunction("codeAutomationLog", (type: string, args: readonly unknown[]) => {
    if (process.env["SLIPWAY_TEST_VERBOSE"]) console.log(`[${type}]`, ...args);
  });
  await editor.show(page, outfile);
  const timer = setTimeout(() => void page.close(), LIMIT_MS);
  const closed = new Promise<number>((resolve) => page.once("close", () => resolve(-1)));
  const code = await Promise.race([ended, closed]);
  clearTimeout(timer);
  if (code !== 0) console.log(`the extension host's tests ended with ${code}`);
  await page.context().close();
  const tests = JSON.parse(readFileSync(results, "utf8")) as HostTest[];
  if (tests.length === 0) throw new Error("no test ran in the extension host");
  return tests;
}
