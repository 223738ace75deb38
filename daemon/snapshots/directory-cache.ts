import { closeSync } from "node:fs";
import { errnoOf } from "../base/errors.ts";
import { cPathOfBytes } from "../linux/c-path.ts";
import { OPEN } from "../linux/open-flags.ts";
import { openDirectoryIn, openIn } from "../linux/rooted.ts";

/** Archives list a directory's files one after the other: a few open directories save nearly every resolution. */
const OPEN_MAX = 48;
const IMPLIED_MODE = 0o755;

/**
 * Directories of a tree by path, resolved inside its root and kept open. After anything that is no new name (a directory or a
 * link is replaced), `forget` must be called: the same directory may be known under several paths.
 */
export class DirectoryCache implements Disposable {
  readonly #root: number;
  /** In the order of last use. */
  readonly #open = new Map<string, number>();

  constructor(root: number) {
    this.#root = root;
  }

  /** The directory `path`, made when missing. The descriptor stays the cache's. */
  get(path: string): number {
    if (path === "") return this.#root;
    const known = this.#open.get(path);
    if (known === undefined) return this.put(path, this.#resolve(path));
    this.#open.delete(path);
    this.#open.set(path, known);
    return known;
  }

  /** The directory `path` where it is there. @throws SyscallError ENOENT. */
  find(path: string): number {
    if (path === "") return this.#root;
    return this.#open.get(path) ?? this.put(path, openIn(this.#root, cPathOfBytes(path), OPEN.path | OPEN.directory));
  }

  /** Takes over an open directory. */
  put(path: string, fd: number): number {
    this.#close(path);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size < OPEN_MAX) break;
      this.#close(oldest);
    }
    this.#open.set(path, fd);
    return fd;
  }

  forget(): void {
    for (const path of [...this.#open.keys()]) this.#close(path);
  }

  #resolve(path: string): number {
    try {
      return openIn(this.#root, cPathOfBytes(path), OPEN.path | OPEN.directory);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
      return openDirectoryIn(this.#root, path, IMPLIED_MODE, cPathOfBytes);
    }
  }

  #close(path: string): void {
    const fd = this.#open.get(path);
    if (fd === undefined) return;
    this.#open.delete(path);
    closeSync(fd);
  }

  [Symbol.dispose](): void {
    this.forget();
  }
}
