import { nowRfc3339 } from "../../base/time.ts";
import type { Digest } from "../../base/digest.ts";
import type { IncomingImage } from "./archive-layout.ts";
import type { ImageContext } from "./context.ts";
import { chainOf } from "./image-store.ts";
import type { Admission } from "./image-store.ts";

/** Bytes of each unpacked layer of a stack; all of them are there. */
async function unpackedSizes(context: ImageContext, chain: readonly Digest[]): Promise<readonly number[]> {
  return await Promise.all(chain.map(async (chainId) => (await context.snapshots.layerSize(chainId)) ?? 0));
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
  const layerSizes = await unpackedSizes(context, chain);
  const image = {
    id,
    config,
    layers,
    layerSizes,
    size: layerSizes.reduce((sum, size) => sum + size, 0),
    ...(manifestDigest === undefined ? {} : { manifestDigest }),
    ...(chainId === undefined ? {} : { chainId }),
  };
  return { image, tags, digests, at: nowRfc3339() };
}
