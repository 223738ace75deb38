import type { Digest } from "../../base/digest.ts";
import { digestOf } from "../../base/digest.ts";
import { EngineError } from "../../base/errors.ts";
import { shortId } from "../../base/ids.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { CONFIG_LIMIT, parseImageConfig } from "../../oci/image-config.ts";
import { isForeignType } from "../../oci/media-types.ts";
import { choosePlatform, formatPlatform, parsePlatform, type Platform } from "../../oci/platform.ts";
import {
  canonical,
  familiar,
  familiarName,
  parseReference,
  type Reference,
  repositoryOf,
  withDefaultTag,
} from "../../oci/reference.ts";
import type { RegistryClient } from "../../registry/client.ts";
import type { Credentials } from "../services.ts";
import { admissionOf } from "./admission.ts";
import { complete, type IncomingImage } from "./archive-layout.ts";
import { type ImageContext, publishImageEvent } from "./context.ts";
import { chainOf } from "./image-store.ts";
import type { Report } from "./progress.ts";
import { brokenImage } from "./pull-errors.ts";
import { resolveManifest, type ResolvedManifest } from "./resolve-manifest.ts";
import { together } from "./together.ts";

export interface PullOptions {
  readonly platform?: string;
  readonly credentials?: Credentials;
}

/**
 * Pulls one image. Layers are fetched three at a time and unpacked as they arrive; the name is given last, in one
 * transaction, when everything is verified and in place. A pull that is cancelled keeps what it has for the next one; blobs
 * that nobody comes back for go with the next prune or start.
 */
export async function pullImage(
  context: ImageContext,
  text: string,
  options: PullOptions,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const reference = withDefaultTag(parseReference(text));
  const platform = options.platform ? parsePlatform(options.platform, context.platform) : undefined;
  const { client } = context.registries.open(reference.domain, options.credentials);
  using blobs = context.blobs.hold();
  using layers = context.layers.hold();
  try {
    const resolved = await resolveManifest(client, reference, platform ?? context.platform, signal);
    report({ kind: "status", id: reference.digest ?? reference.tag, status: `Pulling from ${reference.path}` });
    const { config, layers: descriptors } = resolved.manifest;
    await blobs.add([resolved.digest, config.digest, ...descriptors.map(({ digest }) => digest)]);
    const incoming = await fetchConfig(context, client, reference, resolved, signal);
    if (platform !== undefined) checkPlatform(incoming, reference, platform);
    await layers.add(chainOf(incoming));
    await fetchLayers(context, client, reference, incoming, report, signal);
    await context.content.put(resolved.bytes);
    await admit(context, reference, resolved.topDigest, incoming, report);
  } catch (error) {
    throw brokenImage(error, reference);
  }
}

async function fetchConfig(
  context: ImageContext,
  client: RegistryClient,
  { path, ...rest }: Reference,
  { manifest, digest }: ResolvedManifest,
  signal: AbortSignal,
): Promise<IncomingImage> {
  const { config, layers } = manifest;
  if (config.size > CONFIG_LIMIT)
    throw new EngineError("InvalidParameter", `image config is larger than ${CONFIG_LIMIT} bytes`);
  const foreign = layers.find(({ mediaType }) => isForeignType(mediaType));
  if (foreign !== undefined)
    throw new EngineError(
      "NotImplemented",
      `layer ${foreign.digest} is a foreign one (${foreign.mediaType}): not supported`,
    );
  await context.downloads.fetch(client, path, config, signal, QUIET);
  const bytes = await context.content.read(config.digest, CONFIG_LIMIT);
  const id = digestOf(bytes);
  const tags = rest.digest === undefined ? [canonical({ path, ...rest })] : [];
  const described = layers.map(({ mediaType, digest: blob, size }) => ({ mediaType, digest: blob, size }));
  return complete({ id, config: parseImageConfig(bytes), manifestDigest: digest, layers: described, tags });
}

const QUIET = { onWait: () => undefined, onProgress: () => undefined, onVerify: () => undefined };

/** An image without an index has one platform, whatever was asked for. */
function checkPlatform({ config }: IncomingImage, reference: Reference, wanted: Platform): void {
  if (choosePlatform([config], (each) => each, wanted) !== undefined) return;
  const [actual, asked] = [formatPlatform(config), formatPlatform(wanted)];
  throw new EngineError(
    "NotFound",
    `image with reference ${familiar(reference)} was found but its platform (${actual}) does not match the specified platform (${asked})`,
  );
}

async function fetchLayers(
  context: ImageContext,
  client: RegistryClient,
  { path }: Reference,
  incoming: IncomingImage,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const chain = chainOf(incoming);
  const missing = await Promise.all(
    incoming.layers.map(async ({ digest }, at) => {
      const blob = await context.content.size(digest);
      const layer = await context.snapshots.layerSize(chain[at] ?? digest);
      return blob === undefined || layer === undefined;
    }),
  );
  for (const [at, { digest }] of incoming.layers.entries()) {
    report({
      kind: "status",
      id: shortId(digest),
      status: missing[at] === true ? "Pulling fs layer" : "Already exists",
    });
  }
  await together(signal, incoming.layers, async (layer, at, both) => {
    if (missing[at] === true) await fetchLayer(context, client, path, layer, incoming.config.diffIds, at, report, both);
  });
}

async function fetchLayer(
  context: ImageContext,
  client: RegistryClient,
  repository: string,
  layer: Descriptor,
  diffIds: readonly Digest[],
  at: number,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const id = shortId(layer.digest);
  const status = (text: string): void => report({ kind: "status", id, status: text });
  const progress = (text: string) => (current: number) =>
    report({ kind: "progress", id, status: text, current, total: layer.size });
  await context.downloads.fetch(client, repository, layer, signal, {
    onWait: () => status("Waiting"),
    onProgress: progress("Downloading"),
    onVerify: () => status("Verifying Checksum"),
  });
  status("Download complete");
  await context.unpacker.unpack(layer.digest, diffIds, at, signal, progress("Extracting"));
  status("Pull complete");
}

async function admit(
  context: ImageContext,
  reference: Reference,
  topDigest: Digest,
  incoming: IncomingImage,
  report: Report,
): Promise<void> {
  using _ = await context.locks.acquire("names");
  const before = context.store.findByName(reference);
  context.store.admit([await admissionOf(context, incoming, [`${repositoryOf(reference)}@${topDigest}`])]);
  const name = familiar(reference);
  const news = before?.id === incoming.id ? "Image is up to date" : "Downloaded newer image";
  report({ kind: "status", status: `Digest: ${topDigest}` });
  report({ kind: "status", status: `Status: ${news} for ${name}` });
  publishImageEvent(context, "pull", name, familiarName(reference), context.store.findById(incoming.id));
}
