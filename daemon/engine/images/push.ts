import { createGzip } from "node:zlib";
import { pipeline } from "node:stream";
import { type Digest, hexOf } from "../../base/digest.ts";
import { EngineError } from "../../base/errors.ts";
import { newId, shortId } from "../../base/ids.ts";
import { CONFIG_LIMIT } from "../../oci/image-config.ts";
import { MANIFEST_LIMIT, parseManifest, serialiseManifest } from "../../oci/manifest.ts";
import { isPlainLayerType, MEDIA_TYPES } from "../../oci/media-types.ts";
import {
  canonical,
  familiar,
  familiarName,
  parseReference,
  type Reference,
  repositoryOf,
} from "../../oci/reference.ts";
import { nowRfc3339 } from "../../base/time.ts";
import type { RegistryClient } from "../../registry/client.ts";
import type { Image, LayerDescriptor } from "../model/image.ts";
import type { Credentials } from "../services.ts";
import { BlobPush } from "./blob-push.ts";
import { type ImageContext, publishImageEvent } from "./context.ts";
import { type Hold, letGo } from "./garbage.ts";
import { blobsOf } from "./image-store.ts";
import type { Report } from "./progress.ts";
import { Slots } from "./slots.ts";
import { together } from "./together.ts";

/** Pushes a tag, or every tag of a repository where none is named. What came from a registry goes back byte for byte. */
export async function pushImage(
  context: ImageContext,
  text: string,
  options: { readonly credentials?: Credentials },
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const reference = parseReference(text);
  if (reference.digest !== undefined) throw new EngineError("InvalidParameter", "cannot push a digest reference");
  const references = reference.tag === undefined ? tagsOfRepository(context, reference) : [reference];
  const missing = references.length === 0 || references.some((each) => context.store.findByName(each) === undefined);
  if (missing) {
    const what = reference.tag === undefined ? familiarName(reference) : familiar(reference);
    throw new EngineError("NotFound", `An image does not exist locally with the tag: ${what}`);
  }
  report({ kind: "status", status: `The push refers to repository [${repositoryOf(reference)}]` });
  const { client } = context.registries.open(reference.domain, options.credentials);
  for (const each of references) await pushTag(context, client, each, report, signal);
}

function tagsOfRepository(context: ImageContext, reference: Reference): readonly Reference[] {
  const tags = [...context.store.all()].flatMap((image) => image.tags).map(parseReference);
  return tags.filter((each) => repositoryOf(each) === repositoryOf(reference));
}

async function pushTag(
  context: ImageContext,
  client: RegistryClient,
  reference: Reference,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const hold = context.blobs.hold();
  try {
    const image = context.store.get(canonical(reference));
    await hold.add(blobsOf(image));
    const layers = await pushLayers(context, client, reference, image, hold, report, signal);
    const { digest, size } = await pushManifest(context, client, reference, image, layers, hold, signal);
    await record(context, reference, image, layers, digest);
    const tag = reference.tag ?? "latest";
    report({ kind: "status", status: `${tag}: digest: ${digest} size: ${size}` });
    report({ kind: "aux", value: { Tag: tag, Digest: digest, Size: size } });
    publishImageEvent(context, "push", familiar(reference), familiarName(reference), image);
  } finally {
    // The plain form of what is compressed now, or the other way round when it failed.
    await letGo(context.blobs, hold);
  }
}

async function pushLayers(
  context: ImageContext,
  client: RegistryClient,
  reference: Reference,
  image: Image,
  hold: Hold,
  report: Report,
  signal: AbortSignal,
): Promise<readonly LayerDescriptor[]> {
  const { diffIds } = image.config;
  const push = new BlobPush({ content: context.content, client, repository: reference.path });
  const slots = new Slots(context.uploads);
  for (const diffId of [...diffIds].reverse()) report({ kind: "status", id: shortId(diffId), status: "Preparing" });
  return await together(signal, image.layers, async (layer, at, both) => {
    using _ = await slots.acquire(both);
    const diffId = diffIds[at] ?? layer.digest;
    const id = shortId(diffId);
    const sent = image.manifestDigest === undefined ? await compressed(context, layer, diffId, hold, both) : layer;
    const mount = mountSource(context, reference, sent.digest);
    const outcome = await push.push(sent, mount, both, (current) =>
      report({ kind: "progress", id, status: "Pushing", current, total: sent.size }),
    );
    report({ kind: "status", id, status: outcome });
    return sent;
  });
}

/** Another repository of the same registry that has had this blob. */
function mountSource(context: ImageContext, reference: Reference, digest: Digest): string | undefined {
  for (const image of context.store.all()) {
    if (!image.layers.some((layer) => layer.digest === digest)) continue;
    const other = image.digests
      .map(parseReference)
      .find(({ domain, path }) => domain === reference.domain && path !== reference.path);
    if (other !== undefined) return other.path;
  }
  return undefined;
}

/**
 * A bare tar is sent gzip'd, as Docker does. The compressed blob takes the plain one's place in the store, and a layer that
 * another image has sent already is not compressed again.
 */
async function compressed(
  context: ImageContext,
  layer: LayerDescriptor,
  diffId: Digest,
  hold: Hold,
  signal: AbortSignal,
): Promise<LayerDescriptor> {
  if (!isPlainLayerType(layer.mediaType) || layer.digest !== diffId) return dockerType(layer);
  for (const other of context.store.all()) {
    const known = other.layers[other.config.diffIds.indexOf(diffId)];
    if (known === undefined || known.digest === diffId || !/gzip$/.test(known.mediaType)) continue;
    await hold.add([known.digest]);
    if ((await context.content.size(known.digest)) !== undefined) return dockerType(known);
  }
  await using reader = await context.content.open(layer.digest);
  await using writer = await context.content.writer(`gzip-${hexOf(diffId)}-${newId()}`);
  try {
    // zlib writes neither a time nor a name into the header: the same tar always becomes the same blob.
    for await (const chunk of pipeline(reader.stream(signal), createGzip(), () => undefined))
      await writer.write(chunk as Buffer);
  } catch (error) {
    await writer.truncate();
    throw error;
  }
  const { digest, size } = await hold.admit(() => writer.commit());
  return { mediaType: MEDIA_TYPES.dockerLayerGzip, digest, size };
}

/** For a manifest of Docker's kind, the type that says the same. */
function dockerType(layer: LayerDescriptor): LayerDescriptor {
  return layer.mediaType === MEDIA_TYPES.ociLayerGzip ? { ...layer, mediaType: MEDIA_TYPES.dockerLayerGzip } : layer;
}

async function pushManifest(
  context: ImageContext,
  client: RegistryClient,
  reference: Reference,
  image: Image,
  layers: readonly LayerDescriptor[],
  hold: Hold,
  signal: AbortSignal,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const bytes = await manifestBytes(context, image, layers);
  const { mediaType } = parseManifest(bytes);
  const { length: size } = await context.content.read(image.id, CONFIG_LIMIT);
  const push = new BlobPush({ content: context.content, client, repository: reference.path });
  await push.push({ digest: image.id, size }, undefined, signal, () => undefined);
  const digest = await client.putManifest(reference.path, reference.tag ?? "latest", mediaType, bytes, signal);
  await hold.admit(async () => ({ digest: await context.content.put(bytes) }));
  return { digest, size: bytes.length };
}

/** The one that it came with; else Docker's kind, or the OCI's where a layer is of a type that only that has. */
async function manifestBytes(context: ImageContext, image: Image, layers: readonly LayerDescriptor[]): Promise<Buffer> {
  if (image.manifestDigest !== undefined) return await context.content.read(image.manifestDigest, MANIFEST_LIMIT);
  const { length: size } = await context.content.read(image.id, CONFIG_LIMIT);
  return buildManifest({ digest: image.id, size }, layers);
}

export function buildManifest(
  config: { readonly digest: Digest; readonly size: number },
  layers: readonly LayerDescriptor[],
): Buffer {
  const docker = layers.every(({ mediaType }) => mediaType.startsWith("application/vnd.docker."));
  const oci = (layer: LayerDescriptor): LayerDescriptor =>
    layer.mediaType === MEDIA_TYPES.dockerLayerGzip ? { ...layer, mediaType: MEDIA_TYPES.ociLayerGzip } : layer;
  return serialiseManifest({
    mediaType: docker ? MEDIA_TYPES.dockerManifest : MEDIA_TYPES.ociManifest,
    config: { mediaType: docker ? MEDIA_TYPES.dockerConfig : MEDIA_TYPES.ociConfig, ...config },
    layers: docker ? layers : layers.map(oci),
  });
}

/** From now on the image is as if it had been pulled from there. */
async function record(
  context: ImageContext,
  reference: Reference,
  image: Image,
  layers: readonly LayerDescriptor[],
  manifestDigest: Digest,
): Promise<void> {
  using _ = await context.locks.acquire("names");
  const now = context.store.findById(image.id);
  // Removed while it was pushed: there is nothing to remember it by.
  if (now === undefined) return;
  const digests = [`${repositoryOf(reference)}@${manifestDigest}`];
  context.store.admit([{ image: { ...now, manifestDigest, layers }, tags: [], digests, at: nowRfc3339() }]);
}
