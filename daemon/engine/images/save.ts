import { Readable } from "node:stream";
import { Header } from "tar/header";
import type { Digest } from "../../base/digest.ts";
import { digestOf, hexOf } from "../../base/digest.ts";
import { EngineError } from "../../base/errors.ts";
import { CONFIG_LIMIT } from "../../oci/image-config.ts";
import { MANIFEST_LIMIT, parseManifest } from "../../oci/manifest.ts";
import { MEDIA_TYPES } from "../../oci/media-types.ts";
import { familiarName, familiarOf, parseReference, repositoryOf } from "../../oci/reference.ts";
import type { Image } from "../model/image.ts";
import { blobPath } from "./archive-spool.ts";
import type { ImageContext } from "./context.ts";
import { blobsOf } from "./image-store.ts";
import { buildManifest } from "./push.ts";

interface SavedImage {
  readonly image: Image;
  /** Canonical references to save; none when it was asked for by id. */
  readonly tags: readonly string[];
  readonly manifest: Buffer;
  readonly manifestType: string;
}

const BLOCK = 512;

/**
 * An archive that is a docker-archive and an OCI layout at once, as Docker writes since 25. The blobs are those of the store,
 * byte for byte, so the manifest of a pulled image survives a save and a load. All names are checked, and all blobs held,
 * before the stream is returned; destroying it lets go of them.
 */
export async function saveImages(
  context: ImageContext,
  references: readonly string[],
  signal: AbortSignal,
): Promise<Readable> {
  const hold = context.blobs.hold();
  try {
    const chosen = choose(context, references);
    await hold.add([...chosen.keys()].flatMap(blobsOf));
    const images = await Promise.all([...chosen].map(([image, tags]) => prepare(context, image, [...tags])));
    const stream = Readable.from(archive(context, images, signal), { objectMode: false });
    stream.once("close", () => hold[Symbol.dispose]());
    return stream;
  } catch (error) {
    hold[Symbol.dispose]();
    throw error;
  }
}

/** A name without a tag is every tag of the repository; an id is the image without names. */
function choose(context: ImageContext, references: readonly string[]): Map<Image, Set<string>> {
  const chosen = new Map<Image, Set<string>>();
  const take = (image: Image, tag?: string): void => {
    const tags = chosen.get(image) ?? new Set();
    if (tag !== undefined && image.tags.includes(tag)) tags.add(tag);
    chosen.set(image, tags);
  };
  for (const text of references) {
    const all = tagsOf(context, text);
    for (const [image, tag] of all) take(image, tag);
    if (all.length > 0) continue;
    const { image, name } = context.store.resolve(text);
    take(image, name);
  }
  return chosen;
}

function tagsOf(context: ImageContext, text: string): readonly (readonly [Image, string])[] {
  if (/^[a-f0-9]{64}$/.test(text) || text.startsWith("sha256:")) return [];
  const reference = parseReference(text);
  if (reference.tag !== undefined || reference.digest !== undefined) return [];
  const prefix = `${repositoryOf(reference)}:`;
  return [...context.store.all()].flatMap((image) =>
    image.tags.filter((tag) => tag.startsWith(prefix)).map((tag) => [image, tag] as const),
  );
}

async function prepare(context: ImageContext, image: Image, tags: readonly string[]): Promise<SavedImage> {
  for (const digest of blobsOf(image)) {
    if ((await context.content.size(digest)) === undefined) {
      throw new EngineError("DataLoss", `cannot save ${image.id}: its blob ${digest} is missing from the store`);
    }
  }
  const manifest = await manifestOf(context, image);
  return { image, tags, manifest, manifestType: parseManifest(manifest).mediaType };
}

async function manifestOf(context: ImageContext, image: Image): Promise<Buffer> {
  if (image.manifestDigest !== undefined) return await context.content.read(image.manifestDigest, MANIFEST_LIMIT);
  const { length: size } = await context.content.read(image.id, CONFIG_LIMIT);
  return buildManifest({ digest: image.id, size }, image.layers);
}

async function* archive(
  context: ImageContext,
  images: readonly SavedImage[],
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  yield directory("blobs/");
  yield directory("blobs/sha256/");
  const written = new Set<Digest>();
  for (const { image, manifest } of images) {
    for (const digest of [...image.layers.map((layer) => layer.digest), image.id]) {
      if (written.has(digest)) continue;
      written.add(digest);
      yield* storedBlob(context, digest, signal);
    }
    const digest = digestOf(manifest);
    if (!written.has(digest)) yield* file(blobPath(digest), manifest);
    written.add(digest);
  }
  yield* file("oci-layout", json({ imageLayoutVersion: "1.0.0" }));
  yield* file("index.json", json(indexOf(images)));
  yield* file("manifest.json", json(images.map(dockerEntry)));
  yield* file("repositories", json(repositoriesOf(images)));
  yield Buffer.alloc(2 * BLOCK);
}

async function* storedBlob(context: ImageContext, digest: Digest, signal: AbortSignal): AsyncGenerator<Buffer> {
  await using reader = await context.content.open(digest);
  yield header(blobPath(digest), reader.size);
  for await (const chunk of reader.stream(signal)) yield chunk as Buffer;
  yield padding(reader.size);
}

function* file(path: string, bytes: Buffer): Generator<Buffer> {
  yield header(path, bytes.length);
  yield bytes;
  yield padding(bytes.length);
}

/** Nothing of this machine or moment is in a header: the same images always make the same archive. */
function header(path: string, size: number): Buffer {
  const encoded = new Header({ path, size, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), type: "File" });
  const block = Buffer.alloc(BLOCK);
  encoded.encode(block, 0);
  return block;
}

function directory(path: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  new Header({ path, size: 0, mode: 0o755, uid: 0, gid: 0, mtime: new Date(0), type: "Directory" }).encode(block, 0);
  return block;
}

const padding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function indexOf(images: readonly SavedImage[]): unknown {
  const manifests = images.flatMap(({ tags, manifest, manifestType }) => {
    const descriptor = { mediaType: manifestType, digest: digestOf(manifest), size: manifest.length };
    if (tags.length === 0) return [descriptor];
    return tags.map((tag) => ({
      ...descriptor,
      annotations: { "io.containerd.image.name": tag, "org.opencontainers.image.ref.name": parseReference(tag).tag },
    }));
  });
  return { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests };
}

function dockerEntry({ image, tags }: SavedImage): unknown {
  return {
    Config: blobPath(image.id),
    RepoTags: tags.length === 0 ? null : tags.map(familiarOf),
    Layers: image.layers.map(({ digest }) => blobPath(digest)),
  };
}

/** Of the format before manifest.json; some tools still look for names there. */
function repositoriesOf(images: readonly SavedImage[]): unknown {
  const repositories: Record<string, Record<string, string>> = {};
  for (const { image, tags } of images) {
    const top = image.layers.at(-1);
    for (const tag of tags) {
      const reference = parseReference(tag);
      const name = familiarName(reference);
      const known = (repositories[name] ??= {});
      known[reference.tag ?? "latest"] = hexOf(top?.digest ?? image.id);
    }
  }
  return repositories;
}
