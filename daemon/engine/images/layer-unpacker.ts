import { availableParallelism } from "node:os";
import type { Digest } from "../../base/digest.ts";
import { EngineError } from "../../base/errors.ts";
import type { ContentStore } from "../../content/content-store.ts";
import { chainIds } from "../../oci/chain-id.ts";
import type { Snapshotter } from "../../snapshots/snapshotter.ts";
import { SharedJobs } from "./shared-jobs.ts";
import { Slots } from "./slots.ts";

export interface UnpackerDeps {
  readonly content: ContentStore;
  readonly snapshots: Snapshotter;
}

/** Turns blobs into layers: as many at a time as there are processors, and one that two images want only once. */
export class LayerUnpacker {
  readonly #deps: UnpackerDeps;
  readonly #slots = new Slots(availableParallelism());
  readonly #jobs = new SharedJobs<number>();

  constructor(deps: UnpackerDeps) {
    this.#deps = deps;
  }

  /**
   * Unpacks the blob `blob` as the layer `at` of the stack `diffIds`. Idempotent.
   * @param onProgress compressed bytes read so far.
   * @returns bytes of the unpacked layer.
   * @throws EngineError as Snapshotter.unpack.
   */
  async unpack(
    blob: Digest,
    diffIds: readonly Digest[],
    at: number,
    signal: AbortSignal,
    onProgress: (bytes: number) => void = () => undefined,
  ): Promise<number> {
    const chain = chainIds(diffIds);
    const chainId = chain[at];
    const diffId = diffIds[at];
    if (chainId === undefined || diffId === undefined) throw new EngineError("Internal", `no layer ${at} in the image`);
    const known = await this.#deps.snapshots.layerSize(chainId);
    if (known !== undefined) return known;
    const parent = chain[at - 1];
    return await this.#jobs.run(chainId, signal, onProgress, async (shared, report) => {
      using _ = await this.#slots.acquire(shared);
      await using reader = await this.#deps.content.open(blob);
      const source = { chainId, diffId, path: reader.path, ...(parent === undefined ? {} : { parent }) };
      return (await this.#deps.snapshots.unpack(source, shared, report)).size;
    });
  }
}
