import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError } from "../base/errors.ts";

/** Services and ssh sessions do not always have the sbin folders, where some packages put runc. */
const MORE_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"];

/** Name → absolute path of every runtime. @throws EngineError Unavailable with what to install. */
export function findRuntimes(runtimes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(runtimes).map(([name, path]) => [name, findProgram(name, path)]));
}

function findProgram(name: string, path: string): string {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...MORE_FOLDERS].filter(Boolean);
  const candidates = path.includes("/") ? [path] : folders.map((folder) => join(folder, path));
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  const advice = name === "runc" ? ": install the package runc" : "";
  throw new EngineError("Unavailable", `runtime ${name}: no executable ${path} was found${advice}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Beside the bundle; in a checkout where the build puts it. @throws EngineError Unavailable when it was not built. */
export function findShim(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const places = [join(here, "slipway-shim"), join(here, "../../sdk/dist/slipway-shim")];
  const found = places.find((path) => existsSync(path));
  if (found === undefined)
    throw new EngineError("Unavailable", `slipway-shim is missing: looked for ${places.join(", ")}`);
  return found;
}
