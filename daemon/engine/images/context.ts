import type { Digest } from "../../base/digest.ts";
import type { KeyedLock } from "../../base/keyed-lock.ts";
import type { Logger } from "../../base/logger.ts";
import type { ContentStore } from "../../content/content-store.ts";
import { familiarOf } from "../../oci/reference.ts";
import type { Platform } from "../../oci/platform.ts";
import type { Registries } from "../../registry/registries.ts";
import type { Snapshotter } from "../../snapshots/snapshotter.ts";
import type { EngineEvent } from "../model/event.ts";
import type { Image } from "../model/image.ts";
import type { Garbage } from "./garbage.ts";
import type { ImageStore } from "./image-store.ts";
import type { LayerUnpacker } from "./layer-unpacker.ts";
import type { BlobDownloads } from "./blob-downloads.ts";

/** What the parts of the image service share. */
export interface ImageContext {
  readonly store: ImageStore;
  readonly content: ContentStore;
  readonly snapshots: Snapshotter;
  readonly unpacker: LayerUnpacker;
  readonly downloads: BlobDownloads;
  readonly registries: Registries;
  /** dockerd's `max-concurrent-uploads`: layers of one push. */
  readonly uploads: number;
  /** Blobs of the content store, by digest. */
  readonly blobs: Garbage;
  /** Unpacked layers, by chain ID. */
  readonly layers: Garbage;
  /** One change of the names of images at a time. */
  readonly locks: KeyedLock;
  /** Chain IDs that records name. */
  readonly reachableLayers: () => ReadonlySet<Digest>;
  readonly usersOf: (id: Digest) => readonly ImageUser[];
  readonly publish: (event: Omit<EngineEvent, "timeNano">) => void;
  /** What this machine runs. */
  readonly platform: Platform;
  readonly log: Logger;
}

/** A container that was made from an image. */
export interface ImageUser {
  readonly id: string;
  readonly running: boolean;
}

/** An event of an image with Docker's attributes: its labels, and the name it was meant by. */
export function publishImageEvent(
  context: ImageContext,
  action: string,
  actor: string,
  name: string,
  image?: Image,
): void {
  context.publish({ type: "image", action, actor, attributes: { ...image?.config.run.labels, name } });
}

/** Familiar forms of an image's canonical references. */
export function familiarNames(names: readonly string[]): readonly string[] {
  return names.map(familiarOf);
}
