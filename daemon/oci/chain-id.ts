import { type Digest, digestOf } from "../base/digest.ts";

/**
 * Chain IDs of a stack of layers, bottom first (image-spec, config.md#layer-chainid): the first is the diffID itself, each
 * next one the digest of "<chain below> <diffID>".
 */
export function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}
