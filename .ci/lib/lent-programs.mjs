// Programs for tests in a virtual machine that has not got them and cannot fetch them: out of this machine's packages, which are
// not installed here. Each runs with the libraries that came with it.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CACHE, ENV } from "./paths.mjs";
import { filesBelow } from "./stamp.mjs";

const FOLDER = join(CACHE, "lent");
const PROGRAMS = ["mkfs.xfs", "smbd", "smbpasswd"];
const PACKAGES = ["xfsprogs", "samba", "samba-common-bin"];

/** Where there is no apt, nothing is lent, and the tests say what they miss. */
export function lendPrograms() {
  const downloads = join(FOLDER, "packages");
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(downloads, { recursive: true });
  try {
    const packages = [...PACKAGES, ...librariesOf(PACKAGES)];
    execFileSync("apt-get", ["download", "-qq", ...packages], { cwd: downloads, stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    console.log(`nothing is lent to the machine: ${error.message}`);
  }
  for (const name of readdirSync(downloads)) execFileSync("dpkg-deb", ["-x", join(downloads, name), FOLDER]);
  rmSync(downloads, { recursive: true });
  const [loader = ""] = filesBelow(FOLDER, (name) => /^ld-linux.*\.so\.\d$/.test(name));
  const programs = filesBelow(FOLDER, (name) => PROGRAMS.includes(name)).filter((path) => /bin\/[^/]+$/.test(path));
  const needed = new Set([loader, ...programs].flatMap((path) => [path, ...loadedBy(loader, path)]).map(realpathOf));
  for (const path of filesBelow(FOLDER, () => true)) if (!needed.has(realpathOf(path))) rmSync(path);
  for (const path of programs) writeLauncher(loader, path);
}

/** Packages of libraries that others need, directly or not. */
function librariesOf(packages) {
  const listed = execFileSync("apt-cache", ["depends", "--recurse", "--important", ...packages], { encoding: "utf8" });
  return [...new Set(listed.match(/^(?:lib(?!perl|python)|samba-libs|zlib)\S*/gm))];
}

const libraryPath = () => [...new Set(filesBelow(FOLDER, (name) => name.includes(".so")).map((path) => dirname(path)))];

/** What a program loads when it starts; nothing for the loader itself. */
function loadedBy(loader, program) {
  if (program === loader) return [];
  const path = libraryPath().join(":");
  const listed = execFileSync(loader, ["--library-path", path, "--list", program], { encoding: "utf8" });
  return [...listed.matchAll(/=> (\S+) \(/g)].map(([, library]) => library);
}

function realpathOf(path) {
  return existsSync(path) ? realpathSync(path) : path;
}

function writeLauncher(loader, program) {
  const path = join(FOLDER, basename(program));
  // The project lies elsewhere in the machine.
  const here = (file) => file.replace(FOLDER, "$here");
  const command = [here(loader), "--library-path", libraryPath().map(here).join(":"), here(program)];
  writeFileSync(path, `#!/bin/sh\nhere=$(dirname "$0")\nexec ${command.map((word) => `"${word}"`).join(" ")} "$@"\n`);
  chmodSync(path, 0o755);
}

/** Behind the machine's own. */
export const lentEnv = () => ({ PATH: `${ENV.PATH}:${FOLDER}` });
