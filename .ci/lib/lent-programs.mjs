// Programs for tests in a virtual machine that has not got them and cannot fetch them: this machine's own, each with its libraries.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { CACHE, ENV } from "./paths.mjs";

const FOLDER = join(CACHE, "lent");
const PROGRAMS = ["mkfs.xfs"];

/** Copies those that are here. */
export function lendPrograms() {
  rmSync(FOLDER, { recursive: true, force: true });
  for (const name of PROGRAMS) {
    const path = ENV.PATH.split(":")
      .map((folder) => join(folder, name))
      .find((each) => existsSync(each));
    if (path !== undefined) lend(name, path);
  }
}

function lend(name, path) {
  const folder = join(FOLDER, `${name}.files`);
  mkdirSync(folder, { recursive: true });
  const listed = execFileSync("ldd", [path], { encoding: "utf8" });
  const libraries = [...listed.matchAll(/=> (\/\S+)/g)].map(([, library]) => library);
  for (const file of [path, ...libraries]) copyFileSync(file, join(folder, basename(file)));
  const launcher = join(FOLDER, name);
  // Through its own loader: libraries of two machines do not mix.
  const [loader] = /\/\S*\/ld-linux\S*/.exec(listed) ?? [];
  copyFileSync(loader, join(folder, "loader"));
  writeFileSync(
    launcher,
    `#!/bin/sh\nf=$(dirname "$0")/${name}.files\nexec "$f/loader" --library-path "$f" "$f/${name}" "$@"\n`,
  );
  for (const program of [launcher, join(folder, "loader"), join(folder, name)]) chmodSync(program, 0o755);
}

/** Behind the machine's own. */
export const lentEnv = () => (existsSync(FOLDER) ? { PATH: `${ENV.PATH}:${FOLDER}` } : {});
