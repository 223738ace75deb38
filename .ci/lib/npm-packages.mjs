// Is node_modules what package-lock.json says? npm keeps the list of what it installed in node_modules/.package-lock.json.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { NODE, ROOT } from "./paths.mjs";

const packagesIn = (file) => JSON.parse(readFileSync(join(ROOT, file), "utf8")).packages;

/** Optional packages for another CPU or system are in the lock and rightly not in the folder. */
function fitsHere(entry) {
  const allows = (list, value) => list === undefined || list.includes(value);
  return allows(entry.cpu, process.arch) && allows(entry.os, process.platform);
}

export function npmPackagesAreStale() {
  if (!existsSync(join(ROOT, "node_modules/.package-lock.json")) || !existsSync(NODE)) return true;
  const installed = packagesIn("node_modules/.package-lock.json");
  return Object.entries(packagesIn("package-lock.json")).some(
    ([path, entry]) =>
      path.startsWith("node_modules/") &&
      entry.link !== true &&
      !(entry.optional === true && (!fitsHere(entry) || entry.libc !== undefined)) &&
      installed[path]?.version !== entry.version,
  );
}
