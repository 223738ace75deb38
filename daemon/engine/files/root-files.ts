import type { Readable } from "node:stream";
import { type OpenedFile, RootedFiles, type WriteOptions } from "../../linux/rooted-files.ts";
import type { FileEntry } from "../../linux/file-entry.ts";
import type { Trees } from "../../linux/trees.ts";
import type { Files } from "../services.ts";
import type { Archives } from "./archives.ts";

export interface RootFilesDeps {
  readonly trees: Trees;
  readonly archives: Archives;
}

/** The files below one directory of the host, held until it is disposed. */
export class RootFiles implements Files {
  readonly #files: RootedFiles;
  readonly #archives: Archives;
  readonly #release: () => Promise<void>;

  /** @param release lets go of what keeps the directory there. */
  constructor(root: string, { trees, archives }: RootFilesDeps, release: () => Promise<void>) {
    this.#files = new RootedFiles(root, trees);
    this.#archives = archives;
    this.#release = release;
  }

  stat(path: string, options: { readonly follow: boolean }): FileEntry {
    return this.#files.stat(path, options.follow);
  }
  list(path: string): AsyncIterable<FileEntry> {
    return this.#files.list(path);
  }
  read(path: string): OpenedFile {
    return this.#files.read(path);
  }
  write(path: string, source: Readable, options: WriteOptions, signal?: AbortSignal): Promise<FileEntry> {
    return this.#files.write(path, source, options, signal);
  }
  makeDirectory(path: string, options: { readonly mode: number; readonly parents: boolean }): void {
    this.#files.makeDirectory(path, options);
  }
  rename(from: string, to: string, options: { readonly replace: boolean }): void {
    this.#files.rename(from, to, options);
  }
  remove(path: string, options: { readonly recursive: boolean }, signal?: AbortSignal): Promise<void> {
    return this.#files.remove(path, options, signal);
  }
  export(path: string): Readable {
    return this.#archives.pack(this.#files.openDirectory(path));
  }
  async import(path: string, archive: Readable, signal?: AbortSignal): Promise<void> {
    await this.#archives.unpack(this.#files.openDirectory(path), archive, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#files[Symbol.dispose]();
    await this.#release();
  }
}
