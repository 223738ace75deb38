import type { Readable } from "node:stream";
import type { FileEntry } from "../../contract/index.ts";
import type { Caller } from "./caller.ts";

/** What a file or an archive is made of. */
export type ByteSource = Readable | AsyncIterable<Uint8Array> | Uint8Array;

/** `/slipway/…/fs`, `export` and `import`: files below a root, call for call (contract/slipway-files.ts). */
export class FilesApi {
  readonly #caller: Caller;
  readonly #root: string;

  /** @param root the path of what the files belong to: `/slipway/volumes/data`. */
  constructor(caller: Caller, root: string) {
    this.#caller = caller;
    this.#root = root;
  }

  list(path: string, signal?: AbortSignal): AsyncGenerator<FileEntry, void, undefined> {
    return this.#caller.lines("GET", `${this.#root}/fs`, { query: { path, list: true }, signal });
  }

  async stat(path: string, query: { readonly follow?: boolean } = {}, signal?: AbortSignal): Promise<FileEntry> {
    return await this.#caller.get(`${this.#root}/fs`, { path, stat: true, follow: query.follow }, signal);
  }

  /** @param range the header: `bytes=0-99`. */
  async read(path: string, range?: string, signal?: AbortSignal): Promise<Readable> {
    const headers = range === undefined ? undefined : { range };
    return await this.#caller.open("GET", `${this.#root}/fs`, { query: { path }, headers, signal });
  }

  async write(
    path: string,
    body: ByteSource,
    /** `mode`: octal. */
    query: { readonly mode?: string; readonly uid?: number; readonly gid?: number } = {},
    signal?: AbortSignal,
  ): Promise<FileEntry> {
    const headers = { "content-type": "application/octet-stream" };
    return await this.#caller.call("PUT", `${this.#root}/fs`, { query: { path, ...query }, headers, body, signal });
  }

  async makeDirectory(
    path: string,
    query: { readonly mode?: string; readonly parents?: boolean } = {},
    signal?: AbortSignal,
  ): Promise<FileEntry> {
    return await this.#caller.call("POST", `${this.#root}/fs/mkdir`, { query: { path, ...query }, signal });
  }

  async rename(
    query: { readonly from: string; readonly to: string; readonly replace?: boolean },
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#caller.call("POST", `${this.#root}/fs/rename`, { query, signal });
  }

  async remove(path: string, query: { readonly recursive?: boolean } = {}, signal?: AbortSignal): Promise<void> {
    await this.#caller.call("DELETE", `${this.#root}/fs`, { query: { path, ...query }, signal });
  }

  async export(query: { readonly path?: string } = {}, signal?: AbortSignal): Promise<Readable> {
    return await this.#caller.open("GET", `${this.#root}/export`, { query, signal });
  }

  async import(archive: ByteSource, query: { readonly path?: string } = {}, signal?: AbortSignal): Promise<void> {
    const headers = { "content-type": "application/x-tar" };
    await this.#caller.call("PUT", `${this.#root}/import`, { query, headers, body: archive, signal });
  }
}
