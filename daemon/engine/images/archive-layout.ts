import type { Digest } from "../../base/digest.ts";
import { digestOf, isDigest } from "../../base/digest.ts";
import { EngineError } from "../../base/errors.ts";
import type { ContentStore } from "../../content/content-store.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { CONFIG_LIMIT, parseImageConfig } from "../../oci/image-config.ts";
import { JsonReader, isObject } from "../../oci/json.ts";
import {
  type ImageIndex,
  imagesOf,
  type IndexEntry,
  type Manifest,
  MANIFEST_LIMIT,
  parseManifest,
} from "../../oci/manifest.ts";
import { MEDIA_TYPES } from "../../oci/media-types.ts";
import { choosePlatform, type Platform } from "../../oci/platform.ts";
import { canonical, parseReference, withDefaultTag } from "../../oci/reference.ts";
import type { ImageConfig, LayerDescriptor } from "../model/image.ts";
import type { SpooledArchive } from "./archive-spool.ts";

/** An image that is about to be: its blobs are in the content store, its layers not yet unpacked. */
export interface IncomingImage {
  readonly id: Digest;
  readonly config: ImageConfig;
  readonly manifestDigest?: Digest;
  /** Bottom first, as many as the config has diffIDs. */
  readonly layers: readonly LayerDescriptor[];
  /** Canonical references. */
  readonly tags: readonly string[];
}

const IMAGES_MAX = 1024;
const TAGS_MAX = 4096;
const LAYERS_MAX = 512;
/** An index may lead to indexes; image-spec does not say how deep. */
const INDEXES_DEEP = 3;

/**
 * The images of an archive: by `manifest.json` (docker-archive) where there is one, otherwise as an OCI layout.
 * @throws EngineError InvalidParameter for anything that does not hang together.
 */
export async function readLayout(
  archive: SpooledArchive,
  content: ContentStore,
  platform: Platform,
): Promise<readonly IncomingImage[]> {
  const index = archive.document("index.json");
  const oci = index === undefined ? [] : await readOciLayout(index, archive, content, platform);
  const docker = archive.document("manifest.json");
  if (docker === undefined && index === undefined) {
    throw new EngineError("InvalidParameter", "invalid archive: does not contain a manifest.json or an index.json");
  }
  if (docker === undefined) return oci;
  const images = await readDockerArchive(docker, archive, content);
  // Both are in it since Docker 25: the OCI part knows the manifest that the image was pulled with.
  return images.map((image) => {
    const same = oci.find(({ id }) => id === image.id);
    return same === undefined ? image : { ...same, tags: image.tags };
  });
}

async function readDockerArchive(
  document: Buffer,
  archive: SpooledArchive,
  content: ContentStore,
): Promise<readonly IncomingImage[]> {
  const images: IncomingImage[] = [];
  for (const json of parseDockerManifest(document)) {
    const config = archive.blob(json.string("Config") ?? "");
    const parsed = parseImageConfig(await content.read(config.digest, CONFIG_LIMIT));
    const paths = json.strings("Layers", LAYERS_MAX) ?? [];
    const layers = paths.map((path) => ({ mediaType: MEDIA_TYPES.ociLayer, ...archive.blob(path) }));
    const tags = (json.strings("RepoTags", TAGS_MAX) ?? []).map(parseTagged);
    images.push(complete({ id: config.digest, config: parsed, layers, tags }));
  }
  return images;
}

function parseDockerManifest(document: Buffer): readonly JsonReader[] {
  let value: unknown;
  try {
    value = JSON.parse(document.toString("utf8"));
  } catch (cause) {
    throw new EngineError("InvalidParameter", "invalid archive: manifest.json is not valid JSON", { cause });
  }
  if (!Array.isArray(value) || value.length > IMAGES_MAX) {
    throw new EngineError("InvalidParameter", "invalid archive: manifest.json is not a list of images");
  }
  return value.map((each: unknown) => {
    if (!isObject(each))
      throw new EngineError("InvalidParameter", "invalid archive: manifest.json is not a list of images");
    return new JsonReader(each, "manifest.json");
  });
}

function parseTagged(text: string): string {
  const reference = parseReference(text);
  if (reference.tag === undefined) throw new EngineError("InvalidParameter", `invalid tag ${JSON.stringify(text)}`);
  return canonical({ domain: reference.domain, path: reference.path, tag: reference.tag });
}

export function complete(image: IncomingImage): IncomingImage {
  const expected = image.config.diffIds.length;
  if (image.layers.length === expected) return image;
  throw new EngineError(
    "InvalidParameter",
    `invalid manifest, layers length mismatch: expected ${expected}, got ${image.layers.length}`,
  );
}

/** image-spec, image-layout.md. */
async function readOciLayout(
  document: Buffer,
  archive: SpooledArchive,
  content: ContentStore,
  platform: Platform,
): Promise<readonly IncomingImage[]> {
  const index = parseManifest(document, MEDIA_TYPES.ociIndex);
  if (index.kind !== "index") throw new EngineError("InvalidParameter", "invalid archive: index.json is no index");
  const images = new Map<Digest, IncomingImage>();
  for (const entry of imagesOf(index)) {
    const found = await findManifest(entry, archive, content, platform, INDEXES_DEEP);
    if (found === undefined) continue;
    const image = await readOciImage(found.digest, found.manifest, archive, content);
    const tags = [...(images.get(image.id)?.tags ?? []), ...tagsOf(entry)];
    images.set(image.id, { ...image, tags });
  }
  return [...images.values()];
}

/** The manifest that `entry` leads to on this platform; undefined when its blob is not in the archive. */
async function findManifest(
  entry: IndexEntry,
  archive: SpooledArchive,
  content: ContentStore,
  platform: Platform,
  deep: number,
): Promise<{ readonly digest: Digest; readonly manifest: Manifest } | undefined> {
  if (!archive.has(entry.digest)) return undefined;
  const parsed = parseManifest(await content.read(entry.digest, MANIFEST_LIMIT), entry.mediaType);
  if (parsed.kind === "manifest") return { digest: entry.digest, manifest: parsed };
  const next = deep > 0 ? chooseEntry(parsed, archive, platform) : undefined;
  return next === undefined ? undefined : await findManifest(next, archive, content, platform, deep - 1);
}

/** An archive that was saved on one machine often holds only that machine's platform of an index. */
function chooseEntry(index: ImageIndex, archive: SpooledArchive, platform: Platform): IndexEntry | undefined {
  const here = imagesOf(index).filter(({ digest }) => archive.has(digest));
  return choosePlatform(here, (each) => each.platform, platform) ?? (here.length === 1 ? here[0] : undefined);
}

async function readOciImage(
  manifestDigest: Digest,
  manifest: Manifest,
  archive: SpooledArchive,
  content: ContentStore,
): Promise<IncomingImage> {
  const bytes = await content.read(checked(archive, manifest.config).digest, CONFIG_LIMIT);
  const layers = manifest.layers.map(({ mediaType, ...rest }) => ({
    mediaType,
    ...checked(archive, { mediaType, ...rest }),
  }));
  return complete({ id: digestOf(bytes), config: parseImageConfig(bytes), manifestDigest, layers, tags: [] });
}

function checked(
  archive: SpooledArchive,
  { digest, size }: Descriptor,
): { readonly digest: Digest; readonly size: number } {
  const blob = archive.blob(`blobs/${digest.replace(":", "/")}`);
  if (blob.size !== size)
    throw new EngineError("InvalidParameter", `invalid archive: ${digest} has not the size that its manifest says`);
  return blob;
}

/** Full names as containerd annotates them; `ref.name` is a full name or, as skopeo and umoci write it, a bare tag of nothing. */
function tagsOf({ annotations = {} }: IndexEntry): readonly string[] {
  const full = annotations["io.containerd.image.name"] ?? annotations["org.opencontainers.image.ref.name"];
  if (full === undefined || isDigest(full) || !/[/:]/.test(full)) return [];
  const { domain, path, tag = "latest" } = withDefaultTag(parseReference(full));
  return [canonical({ domain, path, tag })];
}
