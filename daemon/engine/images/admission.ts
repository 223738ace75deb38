import { nowRfc3339 } from "../../base/time.ts";
import type { Digest } from "../../base/digest.ts";
import type { IncomingImage } from "./archive-layout.ts";
import type { ImageContext } from "./context.ts";
import { chainOf } from "./image-store.ts";
import type { Admission } from "./image-store.ts";

/** Bytes of the unpacked layers: an image's size. All of them are there. */
export async function unpackedSize(context: ImageContext, chain: readonly Digest[]): Promise<number> {
  const sizes = await Promise.all(chain.map((chainId) => context.snapshots.layerSize(chainId)));
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

/** What the store takes, once every layer is unpacked. */
export async function admissionOf(
  context: ImageContext,
  incoming: IncomingImage,
  digests: readonly string[] = [],
): Promise<Admission> {
  const { id, config, manifestDigest, layers, tags } = incoming;
  const chain = chainOf(incoming);
  const chainId = chain.at(-1);
  const image = {
    id,
    config,
    layers,
    size: await unpackedSize(context, chain),
    ...(manifestDigest === undefined ? {} : { manifestDigest }),
    ...(chainId === undefined ? {} : { chainId }),
  };
  return { image, tags, digests, at: nowRfc3339() };
}
