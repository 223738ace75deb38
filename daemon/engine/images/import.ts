import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { Digest } from "../../base/digest.ts";
import { newId } from "../../base/ids.ts";
import { nowRfc3339 } from "../../base/time.ts";
import { parseImageConfig } from "../../oci/image-config.ts";
import { MEDIA_TYPES } from "../../oci/media-types.ts";
import { parsePlatform } from "../../oci/platform.ts";
import { canonical, parseReference, parseTag } from "../../oci/reference.ts";
import type { LayerDescriptor } from "../model/image.ts";
import { admissionOf } from "./admission.ts";
import type { IncomingImage } from "./archive-layout.ts";
import { applyChanges } from "./changes.ts";
import { type ImageContext, publishImageEvent } from "./context.ts";
import { borrowed, type Compression, decompressed } from "./decompress.ts";
import { type Hold, letGo } from "./garbage.ts";
import { unpackAll } from "./load.ts";
import type { Report } from "./progress.ts";

export interface ImportOptions {
  readonly repository?: string;
  readonly tag?: string;
  readonly message?: string;
  readonly changes: readonly string[];
  readonly platform?: string;
}

const LAYER_TYPES: Readonly<Record<Compression, string>> = {
  none: MEDIA_TYPES.ociLayer,
  gzip: MEDIA_TYPES.ociLayerGzip,
  zstd: MEDIA_TYPES.ociLayerZstd,
};

/**
 * Makes an image of one layer from a root file system's tar (plain, gzip, zstd). What the caller asks for is checked before
 * the archive is read; after a failure nothing of it stays.
 */
export async function importImage(
  context: ImageContext,
  archive: Readable,
  options: ImportOptions,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const tags = options.repository ? [targetOf(options.repository, options.tag)] : [];
  const platform = options.platform ? parsePlatform(options.platform, context.platform) : context.platform;
  const config = applyChanges({}, options.changes);
  const blobs = context.blobs.hold();
  const layers = context.layers.hold();
  try {
    const { layer, diffId } = await spoolLayer(context, archive, blobs, signal);
    const created = nowRfc3339();
    const { os, architecture, variant } = platform;
    const bytes = Buffer.from(
      JSON.stringify({
        architecture,
        os,
        variant,
        created,
        config,
        rootfs: { type: "layers", diff_ids: [diffId] },
        history: [{ created, comment: options.message ?? "" }],
      }),
    );
    const { digest: id } = await blobs.admit(async () => ({ digest: await context.content.put(bytes) }));
    const image: IncomingImage = { id, config: parseImageConfig(bytes), layers: [layer], tags };
    await unpackAll(context, image, layers, undefined, signal);
    await admit(context, image);
    report({ kind: "status", status: id });
  } finally {
    await letGo(context.layers, layers);
    await letGo(context.blobs, blobs);
  }
}

function targetOf(repository: string, tag: string | undefined): string {
  const { domain, path, tag: inName } = parseReference(repository);
  return canonical({ domain, path, tag: parseTag(tag || inName || "latest") });
}

async function spoolLayer(
  context: ImageContext,
  archive: Readable,
  hold: Hold,
  signal: AbortSignal,
): Promise<{ readonly layer: LayerDescriptor; readonly diffId: Digest }> {
  const source = borrowed(archive);
  const onAbort = (): void => void source.destroy(signal.reason as Error);
  signal.addEventListener("abort", onAbort, { once: true });
  await using writer = await context.content.writer(`import-${newId()}`);
  try {
    for await (const chunk of source) await writer.write(chunk as Buffer);
  } catch (error) {
    await writer.truncate();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  const { digest, size } = await hold.admit(() => writer.commit());
  const { compression, diffId } = await diffIdOf(context, digest, signal);
  return { layer: { mediaType: LAYER_TYPES[compression], digest, size }, diffId };
}

async function diffIdOf(
  context: ImageContext,
  digest: Digest,
  signal: AbortSignal,
): Promise<{ readonly compression: Compression; readonly diffId: Digest }> {
  await using reader = await context.content.open(digest);
  const { stream, compression } = await decompressed(reader.stream(signal), signal);
  if (compression === "none") {
    stream.destroy();
    return { compression, diffId: digest };
  }
  const hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return { compression, diffId: `sha256:${hash.digest("hex")}` };
}

async function admit(context: ImageContext, image: IncomingImage): Promise<void> {
  using _ = await context.locks.acquire("names");
  context.store.admit([await admissionOf(context, image)]);
  publishImageEvent(context, "import", image.id, image.id, context.store.findById(image.id));
}
