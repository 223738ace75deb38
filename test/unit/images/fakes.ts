/** The stores below the image service, small and on a temporary folder; and the service on top of them. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, mkdir, mkdtemp, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { type Digest, digestOf, hexOf } from "../../../daemon/base/digest.ts";
import { EngineError } from "../../../daemon/base/errors.ts";
import { silent } from "../../../daemon/base/logger.ts";
import type { BlobReader, BlobWriter, ContentStore } from "../../../daemon/content/content-store.ts";
import { createImages, type ImageService } from "../../../daemon/engine/images/images.ts";
import type { ImageUser } from "../../../daemon/engine/images/context.ts";
import type { EngineEvent } from "../../../daemon/engine/model/event.ts";
import type { Progress } from "../../../daemon/engine/services.ts";
import type { Collection, CollectionOptions, Metadata } from "../../../daemon/metadata/collection.ts";
import { Registries, type RegistriesDeps } from "../../../daemon/registry/registries.ts";
import type { LayerSource, Snapshotter } from "../../../daemon/snapshots/snapshotter.ts";

export class FakeContent implements ContentStore {
  readonly blobs = new Map<Digest, number>();
  readonly ingests = new Set<string>();
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  #path(digest: Digest): string {
    return join(this.folder, hexOf(digest));
  }

  open(digest: Digest): Promise<BlobReader> {
    const size = this.blobs.get(digest);
    if (size === undefined) return Promise.reject(new EngineError("NotFound", `blob ${digest}: not found`));
    const path = this.#path(digest);
    return Promise.resolve({
      digest,
      size,
      path,
      stream: (signal) => createReadStream(path, { signal }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  }

  size(digest: Digest): Promise<number | undefined> {
    return Promise.resolve(this.blobs.get(digest));
  }

  async read(digest: Digest, limit: number): Promise<Buffer> {
    const { size, path } = await this.open(digest);
    if (size > limit) throw new EngineError("InvalidParameter", `blob ${digest} is larger than ${limit} bytes`);
    return await readFile(path);
  }

  async put(bytes: Uint8Array): Promise<Digest> {
    const digest = digestOf(bytes);
    await writeFile(this.#path(digest), bytes);
    this.blobs.set(digest, bytes.byteLength);
    return digest;
  }

  async writer(ref: string): Promise<BlobWriter> {
    const path = join(this.folder, `ingest-${createHash("sha256").update(ref).digest("hex")}`);
    if (!this.ingests.has(ref)) await writeFile(path, "");
    this.ingests.add(ref);
    const { size: offset } = await stat(path);
    return {
      offset,
      write: (chunk) => appendFile(path, chunk),
      truncate: () => truncate(path, 0),
      commit: async (expected = {}) => {
        const bytes = await readFile(path);
        const digest = digestOf(bytes);
        this.ingests.delete(ref);
        const wrong = expected.digest !== undefined && expected.digest !== digest;
        if (wrong || (expected.size !== undefined && expected.size !== bytes.length)) {
          await rm(path);
          throw new EngineError("DataLoss", `blob ${digest} is not ${expected.digest ?? expected.size}`);
        }
        await rename(path, this.#path(digest));
        this.blobs.set(digest, bytes.length);
        return { digest, size: bytes.length };
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  async delete(digest: Digest): Promise<void> {
    this.blobs.delete(digest);
    await rm(this.#path(digest), { force: true });
  }

  async *list(): AsyncIterable<{ readonly digest: Digest; readonly size: number }> {
    for (const [digest, size] of [...this.blobs]) yield await Promise.resolve({ digest, size });
  }

  async sweepIngests(): Promise<void> {
    this.ingests.clear();
    await Promise.resolve();
  }
}

/** "Unpacks" by checking the diffID; a layer's size is that of its tar. */
export class FakeSnapshots implements Snapshotter {
  readonly driver = "fake";
  readonly status = [];
  readonly layers = new Map<Digest, number>();
  unpacked = 0;

  layerSize(chainId: Digest): Promise<number | undefined> {
    return Promise.resolve(this.layers.get(chainId));
  }

  async unpack(
    source: LayerSource,
    signal?: AbortSignal,
    onProgress?: (bytes: number) => void,
  ): Promise<{ readonly size: number; readonly diffId: Digest }> {
    signal?.throwIfAborted();
    const bytes = await readFile(source.path);
    onProgress?.(bytes.length);
    const plain = bytes[0] === 0x1f ? gunzipSync(bytes) : bytes[0] === 0x28 ? zstdDecompressSync(bytes) : bytes;
    const diffId = digestOf(plain);
    if (source.diffId !== undefined && diffId !== source.diffId) {
      throw new EngineError("DataLoss", `layer ${source.chainId} has diffID ${diffId}, not ${source.diffId}`);
    }
    this.unpacked++;
    this.layers.set(source.chainId, plain.length);
    return { size: plain.length, diffId };
  }

  removeLayer(chainId: Digest): Promise<void> {
    this.layers.delete(chainId);
    return Promise.resolve();
  }

  prepare = (): Promise<void> => Promise.resolve();
  mount = (): void => undefined;
  unmount = (): Promise<void> => Promise.resolve();
  remove = (): Promise<void> => Promise.resolve();
  describe = (): Readonly<Record<string, string>> => ({});
  usage = (): Promise<{ bytes: number; inodes: number }> => Promise.resolve({ bytes: 0, inodes: 0 });
  sweep = (): Promise<void> => Promise.resolve();
}

/** Documents as text, so that what a record loses on its way through JSON is lost here too. */
export class FakeMetadata implements Metadata {
  readonly #collections = new Map<string, Map<string, string>>();

  collection<T>(name: string, options?: CollectionOptions<T>): Collection<T> {
    const rows = this.#collections.get(name) ?? new Map<string, string>();
    this.#collections.set(name, rows);
    const all = (): T[] => [...rows.values()].map((text) => JSON.parse(text) as T);
    const keys = (record: T): readonly string[] => options?.unique?.(record) ?? [];
    return {
      find: (id) => all()[[...rows.keys()].indexOf(id)],
      put: (id, record) => {
        for (const [other, text] of rows) {
          const taken = keys(JSON.parse(text) as T).find((key) => other !== id && keys(record).includes(key));
          if (taken !== undefined) throw new EngineError("Conflict", `key ${taken} is taken`);
        }
        rows.set(id, JSON.stringify(record));
      },
      delete: (id) => void rows.delete(id),
      findByKey: (key) => all().find((record) => keys(record).includes(key)),
      all: () => all().values(),
    };
  }

  transaction<R>(body: () => R): R {
    return body();
  }

  [Symbol.dispose](): void {
    this.#collections.clear();
  }
}

export interface TestBed extends AsyncDisposable {
  readonly images: ImageService;
  readonly content: FakeContent;
  readonly snapshots: FakeSnapshots;
  readonly metadata: FakeMetadata;
  readonly events: Omit<EngineEvent, "timeNano">[];
  readonly users: Map<string, ImageUser[]>;
  /** The service anew over the same stores, as after a restart. */
  restart(): ImageService;
}

export async function testBed(registry: Partial<RegistriesDeps> = {}): Promise<TestBed> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-images-"));
  await mkdir(join(folder, "content"));
  const content = new FakeContent(join(folder, "content"));
  const snapshots = new FakeSnapshots();
  const metadata = new FakeMetadata();
  const events: Omit<EngineEvent, "timeNano">[] = [];
  const users = new Map<string, ImageUser[]>();
  const registries = new Registries({ retryDelayMs: 1, ...registry });
  const restart = (): ImageService =>
    createImages({
      content,
      snapshots,
      metadata,
      registries,
      publish: (event) => void events.push(event),
      usersOf: (id) => users.get(id) ?? [],
      log: silent,
      platform: { os: "linux", architecture: "amd64" },
    });
  return {
    images: restart(),
    content,
    snapshots,
    metadata,
    events,
    users,
    restart,
    [Symbol.asyncDispose]: async () => {
      await registries[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

/** Everything that was reported; a newer progress of a layer may have taken the place of an older one. */
export async function collect(progress: AsyncIterable<Progress>): Promise<Progress[]> {
  const all: Progress[] = [];
  for await (const each of progress) all.push(each);
  return all;
}

export const never = new AbortController().signal;
