import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { open, opendir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, digestOf, hexOf, isDigest } from "../base/digest.ts";
import { EngineError, errnoOf } from "../base/errors.ts";
import { newId } from "../base/ids.ts";
import { syncDirectory } from "../linux/sync-directory.ts";
import type { BlobReader, BlobWriter, ContentStore } from "./content-store.ts";
import { FileBlobReader } from "./file-blob-reader.ts";
import { FileBlobWriter } from "./file-blob-writer.ts";

/**
 * Blobs as files of `<root>/blobs/sha256`, ingests as files of `<root>/ingests` (named by the hash of their ref, which may
 * hold anything). `root` is the data root. Both folders are the daemon's alone (0700).
 */
export function createContentStore(root: string): ContentStore {
  const store = new FileContentStore(root);
  for (const folder of [store.blobs, store.ingests]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  return store;
}

class FileContentStore implements ContentStore {
  readonly blobs: string;
  readonly ingests: string;
  /** Files of the ingests that a writer holds. */
  readonly #held = new Set<string>();

  constructor(root: string) {
    this.blobs = join(root, "blobs", "sha256");
    this.ingests = join(root, "ingests");
  }

  async open(digest: Digest): Promise<BlobReader> {
    try {
      const file = await open(this.#path(digest), "r");
      return new FileBlobReader(digest, (await file.stat()).size, file);
    } catch (error) {
      throw errnoOf(error) === "ENOENT" ? notFound(digest, error) : error;
    }
  }

  async size(digest: Digest): Promise<number | undefined> {
    try {
      return (await stat(this.#path(digest))).size;
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async read(digest: Digest, limit: number): Promise<Buffer> {
    await using reader = await this.open(digest);
    if (reader.size > limit)
      throw new EngineError(
        "InvalidParameter",
        `blob ${digest} has ${reader.size} bytes, more than the ${limit} allowed`,
      );
    const chunks: Buffer[] = [];
    for await (const chunk of reader.stream()) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    if (digestOf(bytes) !== digest)
      throw new EngineError("DataLoss", `blob ${digest} is damaged on disk: its bytes are those of ${digestOf(bytes)}`);
    return bytes;
  }

  async put(bytes: Uint8Array): Promise<Digest> {
    const digest = digestOf(bytes);
    if ((await this.size(digest)) !== undefined) return digest;
    await using writer = await this.writer(`put-${newId()}`);
    await writer.write(bytes);
    return (await writer.commit({ digest })).digest;
  }

  async writer(ref: string): Promise<BlobWriter> {
    const path = join(this.ingests, createHash("sha256").update(ref).digest("hex"));
    if (this.#held.has(path))
      throw new EngineError("Conflict", `ingest ${JSON.stringify(ref)} is being written already`);
    this.#held.add(path);
    const release = (): void => void this.#held.delete(path);
    try {
      return await FileBlobWriter.open({ ref, path, blobPath: (digest) => this.#path(digest), release });
    } catch (error) {
      release();
      throw error;
    }
  }

  async delete(digest: Digest): Promise<void> {
    await rm(this.#path(digest), { force: true });
    // Synced, or a power cut brings back a blob that nothing accounts for; the sweep at start would take it again.
    await syncDirectory(this.blobs);
  }

  async *list(): AsyncIterable<{ readonly digest: Digest; readonly size: number }> {
    for await (const { name } of await opendir(this.blobs)) {
      const digest = `sha256:${name}`;
      if (!isDigest(digest)) continue;
      const size = await this.size(digest);
      if (size !== undefined) yield { digest, size };
    }
  }

  async sweepIngests(): Promise<void> {
    for (const name of await readdir(this.ingests)) {
      const path = join(this.ingests, name);
      if (!this.#held.has(path)) await rm(path, { force: true });
    }
  }

  #path(digest: Digest): string {
    // Checked where the path is built, whatever the caller parsed before (CVE-2024-3727).
    if (!isDigest(digest)) throw new EngineError("InvalidParameter", `invalid digest: ${JSON.stringify(digest)}`);
    return join(this.blobs, hexOf(digest));
  }
}

function notFound(digest: Digest, cause: unknown): EngineError {
  return new EngineError("NotFound", `blob ${digest}: not found`, { cause });
}
