// Programs for tests in a virtual machine that has not got them and cannot fetch them: out of this machine's packages, which are
// not installed here. Each runs with the libraries that came with it.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { CACHE, ENV } from "./paths.mjs";
import { filesBelow } from "./stamp.mjs";

const FOLDER = join(CACHE, "lent");
const PROGRAMS = ["mkfs.xfs"];
/** Of the programs, and of what they load. */
const PACKAGES = ["xfsprogs", "libinih1", "liburcu8", "libblkid1", "libuuid1", "libc6"];

/** Where there is no apt, nothing is lent, and the tests say what they miss. */
export function lendPrograms() {
  const downloads = join(FOLDER, "packages");
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(downloads, { recursive: true });
  try {
    execFileSync("apt-get", ["download", "-qq", ...PACKAGES], { cwd: downloads, stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    console.log(`nothing is lent to the machine: ${error.message}`);
  }
  for (const name of readdirSync(downloads)) execFileSync("dpkg-deb", ["-x", join(downloads, name), FOLDER]);
  rmSync(downloads, { recursive: true });
  for (const path of filesBelow(FOLDER, (name) => PROGRAMS.includes(name))) writeLauncher(path);
}

function writeLauncher(program) {
  const [loader = ""] = filesBelow(FOLDER, (name) => /^ld-linux.*\.so\.\d$/.test(name));
  const libraries = [...new Set(filesBelow(FOLDER, (name) => name.includes(".so")).map((path) => join(path, "..")))];
  const path = join(FOLDER, basename(program));
  // The project lies elsewhere in the machine.
  const here = (file) => file.replace(FOLDER, "$here");
  const command = [here(loader), "--library-path", libraries.map(here).join(":"), here(program)];
  writeFileSync(path, `#!/bin/sh\nhere=$(dirname "$0")\nexec ${command.map((word) => `"${word}"`).join(" ")} "$@"\n`);
  chmodSync(path, 0o755);
}

/** Behind the machine's own. */
export const lentEnv = () => ({ PATH: `${ENV.PATH}:${FOLDER}` });
