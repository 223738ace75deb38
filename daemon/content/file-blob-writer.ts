import { type Hash, createHash } from "node:crypto";
import { type FileHandle, constants, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Digest } from "../base/digest.ts";
import { EngineError } from "../base/errors.ts";
import { diskError } from "../linux/disk-error.ts";
import { syncDirectory } from "../linux/sync-directory.ts";
import type { BlobWriter } from "./content-store.ts";

const READ_BYTES = 256 * 1024;

export interface FileBlobWriterDeps {
  readonly ref: string;
  /** The ingest's file. */
  readonly path: string;
  readonly blobPath: (digest: Digest) => string;
  /** Gives the ref up. */
  readonly release: () => void;
}

type Expected = { readonly digest?: Digest; readonly size?: number };

/**
 * One ingest. The hash runs along with the bytes on the main thread: sha256 takes 40 µs for a chunk of 64 KiB, less than
 * a message to a worker and back.
 */
export class FileBlobWriter implements BlobWriter {
  readonly offset: number;
  readonly #deps: FileBlobWriterDeps;
  readonly #file: FileHandle;
  #hash: Hash;
  #size: number;
  /** `kept`: its bytes stay for the next writer of the ref. */
  #state: "kept" | "dropped" | "committed" = "kept";
  #closed = false;

  private constructor(deps: FileBlobWriterDeps, file: FileHandle, resumed: { hash: Hash; size: number }) {
    this.#deps = deps;
    this.#file = file;
    this.#hash = resumed.hash;
    this.#size = resumed.size;
    this.offset = resumed.size;
  }

  /** A crash may have left bytes that never reached the disk: they are hashed as they are, and `commit` finds out. */
  static async open(deps: FileBlobWriterDeps): Promise<FileBlobWriter> {
    try {
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
      const file = await open(deps.path, flags, 0o600);
      try {
        return new FileBlobWriter(deps, file, await hashOf(file));
      } catch (error) {
        await file.close();
        throw error;
      }
    } catch (error) {
      throw diskError(`open ingest ${deps.ref}`, error);
    }
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#checkOpen();
    try {
      for (let at = 0; at < chunk.byteLength;) {
        at += (await this.#file.write(chunk, at, chunk.byteLength - at, this.#size + at)).bytesWritten;
      }
    } catch (error) {
      // Where the hash and the file may differ there is nothing to resume; and a full disk gets its space back.
      await this.#drop();
      throw diskError(`write blob for ${this.#deps.ref}`, error);
    }
    this.#hash.update(chunk);
    this.#size += chunk.byteLength;
  }

  async truncate(): Promise<void> {
    this.#checkOpen();
    await this.#file.truncate(0);
    this.#hash = createHash("sha256");
    this.#size = 0;
  }

  async commit(expected: Expected = {}): Promise<{ readonly digest: Digest; readonly size: number }> {
    this.#checkOpen();
    const found = { digest: `sha256:${this.#hash.copy().digest("hex")}` as const, size: this.#size };
    const mismatch = differenceOf(found, expected);
    if (mismatch !== undefined) {
      await this.#drop();
      throw new EngineError("DataLoss", `blob for ${this.#deps.ref}: ${mismatch}`);
    }
    try {
      await this.#publish(this.#deps.blobPath(found.digest));
    } catch (error) {
      await this.#drop();
      throw diskError(`commit blob ${found.digest}`, error);
    }
    return found;
  }

  /** Before the rename a crash leaves an ingest that resumes; after it, the blob: its bytes were synced before. */
  async #publish(path: string): Promise<void> {
    const existing = await stat(path).catch(() => undefined);
    if (existing?.size === this.#size) return void (await this.#drop("committed"));
    await this.#file.chmod(0o444);
    await this.#file.sync();
    await rename(this.#deps.path, path);
    this.#state = "committed";
    await syncDirectory(dirname(path));
  }

  async #drop(state: "dropped" | "committed" = "dropped"): Promise<void> {
    this.#state = state;
    await rm(this.#deps.path, { force: true });
    // The open descriptor holds the space until dispose; a caller may take its time.
    await this.#file.truncate(0).catch(() => undefined);
  }

  #checkOpen(): void {
    if (this.#state !== "kept" || this.#closed)
      throw new EngineError("Internal", `ingest ${this.#deps.ref} is ${this.#closed ? "closed" : this.#state}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#file.close();
    } finally {
      this.#deps.release();
    }
  }
}

/** What is wrong with `found`, in words; undefined when it is what was expected. */
function differenceOf(found: { digest: Digest; size: number }, expected: Expected): string | undefined {
  if (expected.size !== undefined && expected.size !== found.size)
    return `expected ${expected.size} bytes, got ${found.size}`;
  if (expected.digest !== undefined && expected.digest !== found.digest)
    return `expected digest ${expected.digest}, got ${found.digest}`;
  return undefined;
}

async function hashOf(file: FileHandle): Promise<{ hash: Hash; size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  if ((await file.stat()).size === 0) return { hash, size };
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false, highWaterMark: READ_BYTES })) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { hash, size };
}
