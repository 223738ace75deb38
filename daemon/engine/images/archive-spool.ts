import { posix } from "node:path";
import type { Readable } from "node:stream";
import { newId } from "../../base/ids.ts";
import { type Digest, isDigest } from "../../base/digest.ts";
import { EngineError, errnoOf, kindOf, messageOf } from "../../base/errors.ts";
import type { ContentStore } from "../../content/content-store.ts";
import { borrowed, decompressed } from "./decompress.ts";
import type { Hold } from "./garbage.ts";
import { type TarEntry, tarEntries } from "./tar-entries.ts";

/** Entries of an image archive; Docker writes at most a few for each layer. */
const ENTRIES_MAX = 20_000;
/** Documents that lead to the rest are kept in memory. */
const DOCUMENTS = ["manifest.json", "index.json", "oci-layout", "repositories"];
const DOCUMENT_LIMIT = 4 * 1024 * 1024;
const LINKS_DEEP = 8;

/** An image archive after one pass: its files are blobs of the content store, held until the load is done. */
export class SpooledArchive {
  readonly #documents = new Map<string, Buffer>();
  readonly #blobs = new Map<string, { readonly digest: Digest; readonly size: number }>();
  readonly #links = new Map<string, string>();
  #entries = 0;

  /** `manifest.json`, `index.json`, `oci-layout` or `repositories` at the top. */
  document(name: string): Buffer | undefined {
    return this.#documents.get(name);
  }

  /**
   * The blob behind a file of the archive; links inside the archive are followed.
   * @throws EngineError InvalidParameter when there is no such file.
   */
  blob(path: string): { readonly digest: Digest; readonly size: number } {
    let name = inside(path);
    for (let i = 0; i < LINKS_DEEP; i++) {
      const found = this.#blobs.get(name);
      if (found !== undefined) return found;
      const target = this.#links.get(name);
      if (target === undefined) break;
      name = target;
    }
    throw new EngineError("InvalidParameter", `invalid archive: it has no file ${JSON.stringify(path.slice(0, 200))}`);
  }

  has(digest: Digest): boolean {
    return this.#blobs.has(blobPath(digest));
  }

  async take(entry: TarEntry, content: ContentStore, hold: Hold, ingest: string): Promise<void> {
    if (++this.#entries > ENTRIES_MAX)
      throw new EngineError("InvalidParameter", `invalid archive: more than ${ENTRIES_MAX} entries`);
    const name = inside(entry.path);
    if (entry.type === "symlink") this.#links.set(name, inside(posix.join(posix.dirname(name), entry.linkPath)));
    if (entry.type === "hardlink") this.#links.set(name, inside(entry.linkPath));
    if (entry.type !== "file") return;
    if (DOCUMENTS.includes(name)) this.#documents.set(name, await readDocument(entry));
    else this.#blobs.set(name, await spool(entry, name, content, hold, `${ingest}-${this.#entries}`));
  }
}

/** @throws EngineError InvalidParameter for a name that leads out of the archive. */
function inside(path: string): string {
  const name = posix.normalize(path).replace(/\/$/, "");
  if (name === ".." || name.startsWith("../") || posix.isAbsolute(name)) {
    throw new EngineError("InvalidParameter", `invalid archive: ${JSON.stringify(path.slice(0, 200))} leads out of it`);
  }
  return name;
}

export function blobPath(digest: Digest): string {
  return `blobs/${digest.replace(":", "/")}`;
}

async function readDocument(entry: TarEntry): Promise<Buffer> {
  if (entry.size > DOCUMENT_LIMIT)
    throw new EngineError("InvalidParameter", `invalid archive: ${entry.path} is larger than ${DOCUMENT_LIMIT} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of entry.body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A file below `blobs/sha256/` must be what its name says (image-spec, image-layout.md#blobs). */
async function spool(
  entry: TarEntry,
  name: string,
  content: ContentStore,
  hold: Hold,
  ref: string,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const promised = name.startsWith("blobs/") ? name.slice("blobs/".length).replace("/", ":") : "";
  await using writer = await content.writer(ref);
  try {
    for await (const chunk of entry.body) await writer.write(chunk);
  } catch (error) {
    // A full disk has already dropped it; why is what the caller is to hear.
    await writer.truncate().catch(() => undefined);
    throw error;
  }
  return await hold.admit(() =>
    writer.commit({ size: entry.size, ...(isDigest(promised) ? { digest: promised } : {}) }),
  );
}

/**
 * Reads an image archive (plain, gzip, zstd) in one pass: memory does not grow with it, disk use ends at the content store's.
 * @throws EngineError InvalidParameter for what is no archive, or a cut one; DataLoss for a blob that is not what its name says.
 */
export async function spoolArchive(
  archive: Readable,
  content: ContentStore,
  hold: Hold,
  signal: AbortSignal,
): Promise<SpooledArchive> {
  const spooled = new SpooledArchive();
  const ingest = `load-${newId()}`;
  const { stream: plain } = await decompressed(borrowed(archive), signal);
  const onAbort = (): void => void plain.destroy(signal.reason as Error);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for await (const entry of tarEntries(plain)) await spooled.take(entry, content, hold, ingest);
    return spooled;
  } catch (error) {
    if (signal.aborted || kindOf(error) !== "Internal" || !isBrokenInput(error)) throw error;
    throw new EngineError("InvalidParameter", `invalid archive: ${messageOf(error)}`, { cause: error });
  } finally {
    signal.removeEventListener("abort", onAbort);
    plain.destroy();
  }
}

/** What the inflaters say of bytes that are not theirs, or that end early. */
function isBrokenInput(error: unknown): boolean {
  return /^(Z_|ZSTD_)/.test(errnoOf(error) ?? "");
}
