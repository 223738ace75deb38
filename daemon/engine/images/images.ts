import { arch } from "node:os";
import type { Readable } from "node:stream";
import type { Digest } from "../../base/digest.ts";
import { EngineError } from "../../base/errors.ts";
import { KeyedLock } from "../../base/keyed-lock.ts";
import type { Logger } from "../../base/logger.ts";
import { nowNanos, nowRfc3339 } from "../../base/time.ts";
import type { ContentStore } from "../../content/content-store.ts";
import type { Metadata } from "../../metadata/collection.ts";
import { normalisePlatform, type Platform } from "../../oci/platform.ts";
import { canonical, familiar, parseReference, parseTag } from "../../oci/reference.ts";
import type { Registries } from "../../registry/registries.ts";
import type { Snapshotter } from "../../snapshots/snapshotter.ts";
import type { EngineEvent } from "../model/event.ts";
import type { Image } from "../model/image.ts";
import type { Credentials, Filters, Images, ListedImage, Progress } from "../services.ts";
import { BlobDownloads } from "./blob-downloads.ts";
import { familiarNames, type ImageContext, type ImageUser, publishImageEvent } from "./context.ts";
import { createdNanos, imageFilter, underNames } from "./filters.ts";
import { Garbage } from "./garbage.ts";
import { historyOf, type HistoryLine } from "./history.ts";
import { importImage, type ImportOptions } from "./import.ts";
import { blobsOf, chainOf, ImageStore } from "./image-store.ts";
import { LayerUnpacker } from "./layer-unpacker.ts";
import { loadImages } from "./load.ts";
import { inspectDistribution, login } from "./login.ts";
import { reporting } from "./progress.ts";
import { layersSize, pruneImages } from "./prune.ts";
import { pullImage, type PullOptions } from "./pull.ts";
import { pushImage } from "./push.ts";
import { saveImages } from "./save.ts";
import { deleteAbandoned, type Removal, removeImage } from "./remove.ts";
import { sweep } from "./sweep.ts";

export interface ImagesDeps {
  readonly content: ContentStore;
  readonly snapshots: Snapshotter;
  readonly metadata: Metadata;
  readonly registries: Registries;
  /** Layers at a time: of all pulls together, and of each push. dockerd's defaults unless told. */
  readonly limits?: { readonly downloads: number; readonly uploads: number };
  readonly publish: (event: Omit<EngineEvent, "timeNano">) => void;
  /** Containers of any state that were made from an image. */
  readonly usersOf: (id: Digest) => readonly ImageUser[];
  readonly log: Logger;
  /** What this machine runs; its own by default. */
  readonly platform?: Platform;
}

const GO_ARCH: Readonly<Record<string, string>> = {
  x64: "amd64",
  ia32: "386",
  arm64: "arm64",
  arm: "arm",
  ppc64: "ppc64le",
};

export function hostPlatform(): Platform {
  return normalisePlatform({ os: "linux", architecture: GO_ARCH[arch()] ?? arch() });
}

/** Images: what they are called, where their layers are, how they come and go. */
export class ImageService implements Images {
  readonly #context: ImageContext;

  constructor(deps: ImagesDeps) {
    this.#context = createContext(deps);
  }

  /**
   * Run once at start, before anything is asked of it: deletes what a crash left.
   * @returns the layers that the snapshotter must keep, for its own sweep.
   */
  async sweep(): Promise<ReadonlySet<Digest>> {
    await deleteAbandoned(this.#context);
    await sweep(this.#context);
    return this.#context.reachableLayers();
  }

  pull(reference: string, options: PullOptions, signal: AbortSignal): AsyncIterable<Progress> {
    return reporting(signal, (report, both) => pullImage(this.#context, reference, options, report, both));
  }

  push(
    reference: string,
    options: { readonly credentials?: Credentials; readonly platform?: string },
    signal: AbortSignal,
  ): AsyncIterable<Progress> {
    return reporting(signal, (report, both) => pushImage(this.#context, reference, options, report, both));
  }

  import(archive: Readable, options: ImportOptions, signal: AbortSignal): AsyncIterable<Progress> {
    return reporting(signal, (report, both) => importImage(this.#context, archive, options, report, both));
  }

  async save(references: readonly string[], signal: AbortSignal): Promise<Readable> {
    return await saveImages(this.#context, references, signal);
  }

  load(archive: Readable, options: { readonly quiet: boolean }, signal: AbortSignal): AsyncIterable<Progress> {
    return reporting(signal, (report, both) => loadImages(this.#context, archive, options, report, both));
  }

  get(ref: string): Image {
    return this.#context.store.get(ref);
  }

  /** By full id, also when it was removed by force under a container. */
  find(id: Digest): Image | undefined {
    return this.#context.store.findById(id);
  }

  /** Chain IDs, bottom first. */
  chainOf(image: Image): readonly Digest[] {
    return chainOf(image);
  }

  /** Newest first. With a dangling or reference filter Docker's rules hold; there are no intermediate images to hide. */
  list(query: { readonly all: boolean; readonly filters: Filters }): readonly ListedImage[] {
    const { store, usersOf } = this.#context;
    const accepts = imageFilter(query.filters, { resolve: (ref) => store.get(ref), now: nowNanos() });
    const images = [...store.all()].filter(accepts).map((image) => ({ image, created: createdNanos(image) }));
    images.sort((a, b) =>
      a.created < b.created ? 1 : a.created > b.created ? -1 : a.image.id.localeCompare(b.image.id),
    );
    const reference = query.filters.get("reference");
    return images.map(({ image }) => ({
      image: underNames(image, reference),
      containers: usersOf(image.id).length,
    }));
  }

  history(ref: string): readonly HistoryLine[] {
    const image = this.#context.store.get(ref);
    return historyOf(image, image.layerSizes, familiarNames(image.tags));
  }

  async tag(ref: string, repository: string, tag: string): Promise<void> {
    const name = parseReference(repository);
    if (name.digest !== undefined)
      throw new EngineError("InvalidParameter", "refusing to create a tag with a digest reference");
    const target = { domain: name.domain, path: name.path, tag: parseTag(tag === "" ? (name.tag ?? "latest") : tag) };
    using _ = await this.#context.locks.acquire("names");
    const { store } = this.#context;
    const image = store.get(ref);
    store.admit([{ image, tags: [canonical(target)], digests: [], at: nowRfc3339() }]);
    publishImageEvent(this.#context, "tag", image.id, familiar(target), image);
  }

  async remove(
    ref: string,
    options: { readonly force: boolean; readonly prune: boolean },
  ): Promise<readonly Removal[]> {
    const removed = await removeImage(this.#context, ref, options.force);
    await deleteAbandoned(this.#context);
    return removed;
  }

  async prune(
    filters: Filters,
    signal?: AbortSignal,
  ): Promise<{ readonly deleted: readonly Removal[]; readonly spaceReclaimed: number }> {
    return await pruneImages(this.#context, filters, signal);
  }

  async login(credentials: Credentials, signal: AbortSignal = NEVER): ReturnType<Images["login"]> {
    return await login(this.#context.registries, credentials, signal);
  }

  async distribution(
    reference: string,
    credentials: Credentials | undefined,
    signal: AbortSignal = NEVER,
  ): ReturnType<Images["distribution"]> {
    return await inspectDistribution(this.#context.registries, reference, credentials, signal);
  }

  /** Bytes of the unpacked layers of all images, each counted once: `system df`. */
  async layersSize(): Promise<number> {
    return await layersSize(this.#context);
  }

  /** Bytes of an image's unpacked layers that other images stand on too. */
  sharedSize(id: Digest): number {
    const { store } = this.#context;
    const image = store.findById(id);
    if (image === undefined) return 0;
    const others = new Set([...store.all()].filter((each) => each.id !== id).flatMap(chainOf));
    return chainOf(image).reduce((sum, chainId, n) => sum + (others.has(chainId) ? (image.layerSizes[n] ?? 0) : 0), 0);
  }
}

/** Wires the service over its stores. Registries are the caller's to dispose of. */
export function createImages(deps: ImagesDeps): ImageService {
  return new ImageService(deps);
}

const NEVER = new AbortController().signal;

function createContext(deps: ImagesDeps): ImageContext {
  const { content, snapshots, limits = { downloads: 3, uploads: 5 } } = deps;
  const store = new ImageStore(deps.metadata);
  const reachableBlobs = (): ReadonlySet<Digest> => new Set([...store.records()].flatMap(blobsOf));
  const reachableLayers = (): ReadonlySet<Digest> => new Set([...store.records()].flatMap(chainOf));
  return {
    store,
    content,
    snapshots,
    reachableLayers,
    registries: deps.registries,
    downloads: new BlobDownloads(content, limits.downloads),
    uploads: limits.uploads,
    unpacker: new LayerUnpacker({ content, snapshots }),
    blobs: new Garbage({ reachable: reachableBlobs, delete: (digest) => content.delete(digest) }),
    layers: new Garbage({ reachable: reachableLayers, delete: (chainId) => snapshots.removeLayer(chainId) }),
    locks: new KeyedLock(),
    usersOf: deps.usersOf,
    publish: deps.publish,
    platform: deps.platform ?? hostPlatform(),
    log: deps.log,
  };
}
