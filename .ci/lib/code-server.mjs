// A whole VS Code (workbench and extension host) from the npm registry, for the tests of the extension: code-server, in a cache of its own.
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ENV, NODE, ROOT } from "./paths.mjs";
import { run } from "./run.mjs";

/** Of code-server; its VS Code has the number without the first digit: 4.100.3 is VS Code 1.100.3, the oldest that we support. */
const VERSION = process.env.SLIPWAY_CODE_SERVER ?? "4.139.1";
const QUIET = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

/** Kept outside the checkout: a gigabyte that every checkout of the machine can share. */
const FOLDER = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "slipway", `code-server-${VERSION}`);
export const CODE_SERVER = join(FOLDER, "node_modules/code-server");
const READY = join(FOLDER, "ready");

/** Headers are in the npm package of Node, so nothing is downloaded for a native module but from the registry. */
const NODE_PACKAGE = join(ROOT, "node_modules", `node-linux-${process.arch}`);

/** @returns {Promise<string>} the folder of code-server. */
export async function ensureCodeServer() {
  if (existsSync(READY)) return CODE_SERVER;
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "package.json"), '{"private":true}\n');
  const env = { ...ENV, npm_config_nodedir: NODE_PACKAGE };
  const npm = (cwd, ...args) => run("npm", args, { cwd, env });
  // Without scripts: they refuse root, and download what nobody here needs.
  await npm(FOLDER, "install", ...QUIET, `code-server@${VERSION}`);
  const vscode = join(CODE_SERVER, "lib/vscode");
  await npm(vscode, "install", "--omit=dev", ...QUIET);
  await npm(join(vscode, "extensions"), "install", "--omit=dev", ...QUIET);
  await npm(vscode, "rebuild", "--ignore-scripts=false", "@vscode/spdlog", "@vscode/native-watchdog");
  if (!existsSync(join(vscode, "node_modules.asar"))) symlinkSync("node_modules", join(vscode, "node_modules.asar"));
  for (const name of ["@vscode/spdlog", "@vscode/native-watchdog"])
    await run(NODE, ["-e", `require("./node_modules/${name}")`], { cwd: vscode });
  writeFileSync(READY, "");
  return CODE_SERVER;
}
