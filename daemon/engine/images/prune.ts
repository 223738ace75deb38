import { nowNanos } from "../../base/time.ts";
import type { Filters } from "../services.ts";
import type { ImageContext } from "./context.ts";
import { danglingValue, imageFilter, isDangling } from "./filters.ts";
import { deleteAbandoned, deleteImage, type Removal, removeImage } from "./remove.ts";
import { sweep } from "./sweep.ts";

/**
 * Removes images that no container uses: without `dangling=false` only those without a name. Orphans of earlier
 * crashes and cancelled pulls go with them.
 */
export async function pruneImages(
  context: ImageContext,
  filters: Filters,
  signal?: AbortSignal,
): Promise<{ readonly deleted: readonly Removal[]; readonly spaceReclaimed: number }> {
  const onlyDangling = danglingValue(filters.get("dangling")) ?? true;
  const rest = new Map([...filters].filter(([name]) => name !== "dangling"));
  const accepts = imageFilter(rest, { resolve: (ref) => context.store.get(ref), now: nowNanos() });
  const before = await diskUsage(context);
  const deleted: Removal[] = [];
  for (const image of [...context.store.all()]) {
    signal?.throwIfAborted();
    if ((onlyDangling && !isDangling(image)) || !accepts(image) || context.usersOf(image.id).length > 0) continue;
    for (const tag of image.tags) deleted.push(...(await removeImage(context, tag, false)));
    using _ = await context.locks.acquire("names");
    deleted.push(...(await deleteImage(context, image.id)));
  }
  await deleteAbandoned(context);
  await sweep(context);
  return { deleted, spaceReclaimed: Math.max(0, before - (await diskUsage(context))) };
}

/** Bytes of the blobs, and of each unpacked layer once. */
async function diskUsage(context: ImageContext): Promise<number> {
  let bytes = 0;
  for await (const { size } of context.content.list()) bytes += size;
  return bytes + (await layersSize(context));
}

/** Bytes of the unpacked layers of all images, each counted once. */
export async function layersSize(context: ImageContext): Promise<number> {
  const sizes = await Promise.all([...context.reachableLayers()].map((each) => context.snapshots.layerSize(each)));
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}
