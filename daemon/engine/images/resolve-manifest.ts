import type { Digest } from "../../base/digest.ts";
import { EngineError } from "../../base/errors.ts";
import { type ImageIndex, imagesOf, type IndexEntry, type Manifest, parseManifest } from "../../oci/manifest.ts";
import { choosePlatform, formatPlatform, type Platform } from "../../oci/platform.ts";
import type { Reference } from "../../oci/reference.ts";
import type { FetchedManifest, RegistryClient } from "../../registry/client.ts";
import { pullError } from "./pull-errors.ts";

/** The manifest of one platform, and the digest that the reference itself stands for (an index's, where there is one). */
export interface ResolvedManifest {
  readonly topDigest: Digest;
  readonly digest: Digest;
  readonly bytes: Buffer;
  readonly manifest: Manifest;
}

/** An index may lead to indexes; image-spec does not say how deep. */
const INDEXES_DEEP = 3;

/** @throws EngineError NotFound in Docker's words, when there is no such reference or nothing for the platform. */
export async function resolveManifest(
  client: RegistryClient,
  reference: Reference,
  platform: Platform,
  signal: AbortSignal,
): Promise<ResolvedManifest> {
  const top = await fetchTop(client, reference, signal);
  let fetched = top;
  let parsed = parseManifest(top.bytes, top.mediaType);
  for (let deep = 0; parsed.kind === "index"; deep++) {
    const entry = choose(parsed, platform, deep);
    fetched = await client.manifest(reference.path, entry.digest, signal);
    if (fetched.bytes.length !== entry.size)
      throw new EngineError("DataLoss", `manifest ${entry.digest} has not the size that its index says`);
    parsed = parseManifest(fetched.bytes, entry.mediaType);
  }
  return { topDigest: top.digest, digest: fetched.digest, bytes: fetched.bytes, manifest: parsed };
}

export async function fetchTop(
  client: RegistryClient,
  reference: Reference,
  signal: AbortSignal,
): Promise<FetchedManifest> {
  try {
    return await client.manifest(reference.path, reference.digest ?? reference.tag ?? "latest", signal);
  } catch (error) {
    throw pullError(error, reference);
  }
}

function choose(index: ImageIndex, platform: Platform, deep: number): IndexEntry {
  const entry = deep < INDEXES_DEEP ? choosePlatform(imagesOf(index), (each) => each.platform, platform) : undefined;
  if (entry !== undefined) return entry;
  throw new EngineError(
    "NotFound",
    `no matching manifest for ${formatPlatform(platform)} in the manifest list entries`,
  );
}
