import { readFileSync, statSync } from "node:fs";
import { chmod, chown, mkdir, readdir, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, parseDigest } from "../base/digest.ts";
import { EngineError, errnoOf } from "../base/errors.ts";
import { newId, shortId } from "../base/ids.ts";
import { diskError } from "../linux/disk-error.ts";
import type { OverlayMount } from "../linux/overlay-mount.ts";
import type { Trash } from "../linux/trash.ts";
import type { LayerStore } from "./layer-store.ts";

/** More layers than this get short names too: their paths may not fit the options of one mount. */
const LONG_CHAIN = 16;
const NEW = ".new-";
const KEY = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export interface WritableStoreDeps {
  readonly folder: string;
  readonly layers: LayerStore;
  readonly trash: Trash;
}

/** The writable trees of containers: `containers-rw/<key>/{upper,work,chain,links}`. One that has its name is complete. */
export class WritableStore {
  readonly #deps: WritableStoreDeps;

  constructor(deps: WritableStoreDeps) {
    this.#deps = deps;
  }

  /** @throws EngineError InvalidParameter for a key that is no plain name. */
  path(key: string): string {
    if (!KEY.test(key)) throw new EngineError("InvalidParameter", `invalid snapshot key ${JSON.stringify(key)}`);
    return join(this.#deps.folder, key);
  }

  upper(key: string): string {
    return join(this.path(key), "upper");
  }

  /** Made under another name and renamed: a crash leaves a whole one or none. */
  async prepare(key: string, chain: readonly Digest[]): Promise<void> {
    const target = this.path(key);
    if ((await stat(target).catch(() => undefined)) !== undefined) return;
    const made = join(this.#deps.folder, `${NEW}${shortId(newId())}`);
    try {
      await this.#make(made, chain.toReversed());
      await rename(made, target);
    } catch (error) {
      this.#deps.trash.take(made);
      if (errnoOf(error) !== "ENOTEMPTY" && errnoOf(error) !== "EEXIST") throw diskError(`prepare ${key}`, error);
    }
  }

  /** @param chain top first. */
  async #make(path: string, chain: readonly Digest[]): Promise<void> {
    const metas = chain.map((chainId) => ({ chainId, meta: this.#deps.layers.get(chainId) }));
    await mkdir(join(path, "upper"), { recursive: true, mode: 0o755 });
    await mkdir(join(path, "work"), { mode: 0o700 });
    await writeFile(join(path, "chain"), JSON.stringify(chain));
    if (chain.length === 0) await mkdir(join(path, "empty"));
    // The merged root directory looks like the upper one: it takes after the topmost layer that says anything of it.
    const owner = metas.find(({ meta }) => meta.ownsRoot);
    const root =
      owner === undefined ? { uid: 0, gid: 0, mode: 0o755 } : statSync(this.#deps.layers.diff(owner.chainId));
    await chown(join(path, "upper"), root.uid, root.gid);
    await chmod(join(path, "upper"), root.mode & 0o7777);
    if (chain.length <= LONG_CHAIN) return;
    await mkdir(join(path, "links"));
    for (const [n, chainId] of chain.entries())
      await symlink(this.#deps.layers.diff(chainId), join(path, "links", `${n}`));
  }

  /** What to mount. Synchronous: two small reads on the start path. @throws EngineError NotFound. */
  overlay(key: string): Omit<OverlayMount, "target" | "options"> {
    const path = this.path(key);
    const chain = readChain(path, key);
    // Without layers there still must be a lower directory: an empty one.
    const lower = chain.length === 0 ? [join(path, "empty")] : chain.map((chainId) => this.#deps.layers.diff(chainId));
    return {
      lower,
      links: chain.length > LONG_CHAIN ? join(path, "links") : undefined,
      upper: join(path, "upper"),
      work: join(path, "work"),
    };
  }

  remove(key: string): void {
    this.#deps.trash.take(this.path(key));
  }

  async sweep(known: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#deps.folder)) {
      if (!known.has(name)) this.#deps.trash.take(join(this.#deps.folder, name));
    }
  }
}

/** Not synced when it is written, for a create waits for no disk: a power cut within seconds may leave it empty. */
function readChain(path: string, key: string): readonly Digest[] {
  try {
    return (JSON.parse(readFileSync(join(path, "chain"), "utf8")) as readonly string[]).map(parseDigest);
  } catch (error) {
    if (errnoOf(error) === "ENOENT")
      throw new EngineError("NotFound", `snapshot ${key} was not prepared`, { cause: error });
    throw new EngineError("DataLoss", `snapshot ${key} is damaged: ${join(path, "chain")}`, { cause: error });
  }
}
