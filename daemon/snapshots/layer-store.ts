import { readFileSync } from "node:fs";
import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, hexOf, parseDigest } from "../base/digest.ts";
import { EngineError, errnoOf } from "../base/errors.ts";
import { newId, shortId } from "../base/ids.ts";
import { diskError } from "../linux/disk-error.ts";
import { syncDirectory } from "../linux/sync-directory.ts";
import type { Trash } from "../linux/trash.ts";
import type { LayerMeta } from "./unpack-job.ts";

/** Beginning of the names of layers that are being unpacked. */
const NEW = ".new-";

/** The unpacked layers: `layers/<chain hex>/{diff,meta}`. One that has its name is whole and on the disk. */
export class LayerStore {
  readonly #folder: string;
  readonly #trash: Trash;
  /** A published layer never changes. */
  readonly #metas = new Map<Digest, LayerMeta>();
  /** Folders that an unpack of this process is filling. */
  readonly #filling = new Set<string>();

  constructor(deps: { readonly folder: string; readonly trash: Trash }) {
    this.#folder = deps.folder;
    this.#trash = deps.trash;
  }

  diff(chainId: Digest): string {
    return join(this.#path(chainId), "diff");
  }

  find(chainId: Digest): LayerMeta | undefined {
    const known = this.#metas.get(chainId);
    if (known !== undefined) return known;
    const path = join(this.#path(chainId), "meta");
    try {
      const meta = JSON.parse(readFileSync(path, "utf8")) as LayerMeta;
      this.#metas.set(chainId, meta);
      return meta;
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw new EngineError("DataLoss", `layer ${chainId}: ${path} is damaged`, { cause: error });
    }
  }

  /** @throws EngineError NotFound. */
  get(chainId: Digest): LayerMeta {
    const meta = this.find(chainId);
    if (meta === undefined) throw new EngineError("NotFound", `layer ${chainId} is not unpacked`);
    return meta;
  }

  /**
   * Has `fill` make a folder and publishes it. Of two that make the same layer at once the first one stays: they are equal.
   * A crash before the rename leaves a `.new-` folder for the sweep; the rename is on the disk when this resolves.
   */
  async publish(chainId: Digest, fill: (target: string) => Promise<LayerMeta>): Promise<LayerMeta> {
    const name = `${NEW}${shortId(newId())}`;
    const target = join(this.#folder, name);
    this.#filling.add(name);
    try {
      const meta = await fill(target);
      await rename(target, this.#path(chainId));
      await syncDirectory(this.#folder);
      return meta;
    } catch (error) {
      this.#trash.take(target);
      const made = errnoOf(error) === "ENOTEMPTY" || errnoOf(error) === "EEXIST" ? this.find(chainId) : undefined;
      if (made === undefined) throw diskError(`publish layer ${chainId}`, error);
      return made;
    } finally {
      this.#filling.delete(name);
    }
  }

  remove(chainId: Digest): void {
    this.#metas.delete(chainId);
    this.#trash.take(this.#path(chainId));
  }

  /** Removes all but `known`, and what a crash left half made. */
  async sweep(known: ReadonlySet<Digest>): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const keep = new Set([...known].map(hexOf));
    for (const name of await readdir(this.#folder)) {
      if (keep.has(name) || this.#filling.has(name)) continue;
      this.#metas.delete(`sha256:${name}`);
      this.#trash.take(join(this.#folder, name));
    }
  }

  #path(chainId: Digest): string {
    return join(this.#folder, hexOf(parseDigest(chainId)));
  }
}
