import type { KeyedLock } from "../../base/keyed-lock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Snapshotter } from "../../snapshots/snapshotter.ts";
import type { MountPins } from "../../volumes/mount-pins.ts";
import type { EventBus } from "../events.ts";
import type { Container } from "../model/container.ts";
import type { Image } from "../model/image.ts";
import type { ContainerNetworking } from "../networks/container-networking.ts";
import type { VolumeStore } from "../volumes/volumes.ts";
import type { ContainerStore } from "./container-store.ts";
import type { LiveContainer } from "./live-container.ts";
import type { ContainerPaths } from "./paths.ts";
import type { SpecSource } from "./spec-source.ts";

/** What the parts of the container service share. */
export interface ContainerContext {
  readonly store: ContainerStore;
  readonly live: (id: string) => LiveContainer;
  readonly forget: (id: string) => void;
  /** One change of a container's life at a time, by container id. */
  readonly locks: KeyedLock;
  readonly paths: ContainerPaths;
  readonly runtime: Runtime;
  readonly snapshots: Snapshotter;
  readonly networking: ContainerNetworking;
  readonly volumes: VolumeStore;
  readonly pins: MountPins;
  readonly specs: SpecSource;
  readonly images: ImageLookup;
  readonly events: EventBus;
  readonly log: Logger;
}

/** The little that containers ask of the image service. */
export interface ImageLookup {
  /** @throws EngineError NotFound "No such image: x". */
  get(ref: string): Image;
  /** Chain IDs, bottom first. */
  chainOf(image: Image): readonly `sha256:${string}`[];
}

/** Publishes an event of a container, with Docker's attributes: its labels, image and name. */
export function publish(
  context: ContainerContext,
  container: Container,
  action: string,
  more: Readonly<Record<string, string>> = {},
): void {
  context.events.publish({
    type: "container",
    action,
    actor: container.id,
    attributes: { ...container.process.labels, image: container.spec.image, name: container.name, ...more },
  });
}
