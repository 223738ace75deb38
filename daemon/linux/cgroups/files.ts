import { readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../base/errors.ts";

/** The files of one cgroup folder. The kernel answers from memory, so everything here is synchronous. */
export class CgroupFiles {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** undefined when there is no such file, or no such cgroup any more. */
  read(name: string): string | undefined {
    try {
      return readFileSync(join(this.path, name), "utf8");
    } catch (error) {
      if (isGone(error) || errnoOf(error) === "EOPNOTSUPP") return undefined;
      throw error;
    }
  }

  /** @throws the system's error, ENOENT when the controller is not there. */
  write(name: string, value: string): void {
    writeFileSync(join(this.path, name), value, { flag: "r+" });
  }

  /** False where there is no such file, or no such cgroup any more: it may go away at any moment, with its last process. */
  writeIfThere(name: string, value: string): boolean {
    try {
      this.write(name, value);
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  /** The folder and all below it, children before their parents. */
  tree(): readonly string[] {
    const walk = (folder: string): string[] => [...children(folder).flatMap(walk), folder];
    return walk(this.path);
  }

  /** Pids of the cgroup and of all below it, as this process's pid namespace has them. */
  processes(): readonly number[] {
    return this.tree().flatMap((folder) =>
      (new CgroupFiles(folder).read("cgroup.procs") ?? "").split("\n").filter(Boolean).map(Number),
    );
  }

  /** Children first. @throws EBUSY while a process is left; what is gone already is no error. */
  remove(): void {
    for (const folder of this.tree()) {
      try {
        rmdirSync(folder);
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
  }
}

function children(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(folder, entry.name));
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** A cgroup that was removed while a file of it was open reads and writes as ENODEV. */
function isGone(error: unknown): boolean {
  const code = errnoOf(error);
  return code === "ENOENT" || code === "ENODEV";
}
