import { closeSync, mkdirSync, openSync, readdirSync, rmdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError, errnoOf } from "../base/errors.ts";
import { bindDescriptor, unmount } from "../linux/mounts.ts";
import { OPEN } from "../linux/open-flags.ts";
import { openIn } from "../linux/rooted.ts";
import { factsOf } from "../linux/statx.ts";
import { TYPE } from "../linux/entries.ts";

/**
 * Places inside trees that others may change meanwhile, held by mounts at paths of our own while a container starts: `<folder>/<id>/<n>`.
 * A link that is swapped after the look is not followed: what was looked at is what is mounted.
 */
export class MountPins {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A free mount point (not made) for the nth mount of a container; what is mounted there goes with `release`. */
  place(id: string, n: string): string {
    const folder = join(this.#folder, id);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return join(folder, n);
  }

  /**
   * @param root the tree, `subpath` in it.
   * @returns the path at which it is held.
   * @throws EngineError InvalidParameter when there is nothing at `subpath`.
   */
  pin(id: string, n: string, root: string, subpath: string): string {
    const place = this.place(id, n);
    const rootFd = openSync(root, OPEN.path | OPEN.directory);
    try {
      const fd = openInside(rootFd, root, subpath);
      try {
        // A directory is mounted on a directory, anything else on a file.
        if ((factsOf(fd).mode & TYPE.mask) === TYPE.directory) mkdirSync(place, { mode: 0o700 });
        else writeFileSync(place, "", { flag: "wx", mode: 0o600 });
        bindDescriptor(fd, place);
      } finally {
        closeSync(fd);
      }
    } finally {
      closeSync(rootFd);
    }
    return place;
  }

  /** Idempotent, and takes what a crash has left. The container keeps what it has mounted. */
  release(id: string): void {
    const folder = join(this.#folder, id);
    for (const { name } of entriesIn(folder)) {
      const path = join(folder, name);
      while (unmount(path));
      // Never what is below: a mount that did not come off is left alone.
      removeEmpty(path);
    }
    removeEmpty(folder);
  }

  /** Ids that have pins. */
  list(): readonly string[] {
    return entriesIn(this.#folder).map(({ name }) => name);
  }
}

function openInside(rootFd: number, root: string, subpath: string): number {
  try {
    return openIn(rootFd, subpath === "" ? "." : subpath, OPEN.path);
  } catch (error) {
    const words: Readonly<Record<string, string>> = {
      ENOENT: "no such file or directory",
      ENOTDIR: "not a directory",
      ELOOP: "too many levels of symbolic links",
    };
    const known = words[errnoOf(error) ?? ""];
    if (known === undefined) throw error;
    const path = join(root, subpath);
    throw new EngineError("InvalidParameter", `cannot access path ${path}: lstat ${path}: ${known}`, { cause: error });
  }
}

function entriesIn(folder: string): readonly { readonly name: string }[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOTDIR") unlinkSync(path);
    else if (errnoOf(error) !== "ENOENT") throw error;
  }
}
