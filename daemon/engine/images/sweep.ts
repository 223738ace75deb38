import type { Digest } from "../../base/digest.ts";
import type { ImageContext } from "./context.ts";

/**
 * Deletes the blobs that no record names and no operation in flight holds: what a crash or a cancelled pull left. Layers are
 * swept by the snapshotter at start, which is told the layers that records name.
 */
export async function sweep(context: ImageContext): Promise<void> {
  const candidates: Digest[] = [];
  for await (const { digest } of context.content.list()) candidates.push(digest);
  await context.blobs.collect(candidates);
  await context.content.sweepIngests();
}
