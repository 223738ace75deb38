import { open, readdir, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { errnoOf } from "../base/errors.ts";

/** One file of a log, open: its name may change while it is read, its content only grows. */
export interface LogFile {
  readonly handle: FileHandle;
  readonly inode: bigint;
  /** Milliseconds since the epoch of the last write. */
  readonly modified: number;
}

/**
 * The files of one log: `path` is written, `path.1` is the one before, and so on. The shim renames them upwards, the oldest
 * first, while they are read; a file is known by its inode.
 */
export class LogFiles {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** All of them, the oldest first. */
  async openAll(): Promise<LogFile[]> {
    const files: LogFile[] = [];
    try {
      // From the newest on: one that moves meanwhile is met again and not missed.
      for (const number of await this.#numbers()) {
        const file = await this.#open(number);
        if (file === undefined) continue;
        if (files.some(({ inode }) => inode === file.inode)) await file.handle.close();
        else files.unshift(file);
      }
      return files;
    } catch (error) {
      await Promise.all(files.map(({ handle }) => handle.close()));
      throw error;
    }
  }

  /** The file that follows `current`; undefined while `current` is the one that is written. */
  async after(current: bigint): Promise<LogFile | undefined> {
    for (;;) {
      const place = await this.#placeOf(current);
      // It fell off the end: the oldest that is left comes next.
      const numbers = await this.#numbers();
      const next = place === undefined ? numbers.at(-1) : numbers.findLast((number) => number < place);
      if (next === undefined) return undefined;
      const file = await this.#open(next);
      if (file === undefined) return undefined;
      if ((await this.#placeOf(current)) === place && file.inode !== current) return file;
      await file.handle.close(); // they moved meanwhile
    }
  }

  /** Upwards, as files move: one that moves meanwhile is met later. */
  async #placeOf(inode: bigint): Promise<number | undefined> {
    for (const number of await this.#numbers()) if ((await this.#inode(number)) === inode) return number;
    return undefined;
  }

  async #inode(number: number): Promise<bigint | undefined> {
    try {
      return (await stat(this.#name(number), { bigint: true })).ino;
    } catch (error) {
      return ignoreGone(error);
    }
  }

  async #open(number: number): Promise<LogFile | undefined> {
    try {
      const handle = await open(this.#name(number), "r");
      const { ino, mtimeMs } = await handle.stat({ bigint: true });
      return { handle, inode: ino, modified: Number(mtimeMs) };
    } catch (error) {
      return ignoreGone(error);
    }
  }

  #name(number: number): string {
    return number === 0 ? this.path : `${this.path}.${number}`;
  }

  /** Upwards; 0 is the file that is written. */
  async #numbers(): Promise<readonly number[]> {
    const name = basename(this.path);
    const names = await readdir(dirname(this.path)).catch((error: unknown) => ignoreGone(error) ?? []);
    const numbers = names.flatMap((each) => {
      if (each === name) return [0];
      const suffix = each.startsWith(`${name}.`) ? each.slice(name.length + 1) : "";
      return /^[1-9]\d*$/.test(suffix) ? [Number(suffix)] : [];
    });
    return numbers.sort((a, b) => a - b);
  }
}

function ignoreGone(error: unknown): undefined {
  if (errnoOf(error) === "ENOENT") return undefined;
  throw error;
}
