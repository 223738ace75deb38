import { readdir } from "node:fs/promises";
import type { Digest } from "../../base/digest.ts";
import type { ContainerStore } from "../containers/container-store.ts";
import type { EventBus } from "../events.ts";
import type {
  Containers,
  DiskUsage,
  DiskUsageKind,
  Images,
  InfoFacts,
  System,
  VersionFacts,
  Volumes,
} from "../services.ts";

/** What does not change while the daemon runs. */
export type StaticInfo = Omit<
  InfoFacts,
  | keyof VersionFacts
  | "containers"
  | "images"
  | "eventListeners"
  | "openFiles"
  | "ipv4Forwarding"
  | keyof ReloadableInfo
>;

/** What SIGHUP may change. */
export type ReloadableInfo = Pick<InfoFacts, "registryMirrors" | "insecureRegistries" | "labels" | "debug">;

export interface SystemDeps {
  readonly version: VersionFacts;
  readonly facts: StaticInfo;
  readonly reloadable: () => ReloadableInfo;
  readonly ipv4Forwarding: () => boolean;
  readonly containers: Pick<Containers, "list">;
  readonly store: ContainerStore;
  readonly images: Pick<Images, "list">;
  readonly volumes: Pick<Volumes, "list" | "usage">;
  readonly events: EventBus;
  /** Bytes of all unpacked layers, each counted once. */
  readonly layersSize: () => Promise<number>;
  /** Bytes of an image's layers that other images have too. */
  readonly sharedSize: (imageId: Digest) => number;
}

/** Facts for `version`, `info` and `system/df`. */
export class SystemService implements System {
  readonly #deps: SystemDeps;

  constructor(deps: SystemDeps) {
    this.#deps = deps;
  }

  version(): VersionFacts {
    return this.#deps.version;
  }

  async info(): Promise<InfoFacts> {
    const { version, facts, reloadable, ipv4Forwarding, images, events } = this.#deps;
    // Field by field: what is given is the whole configuration, whose other fields must not win over facts.
    const { registryMirrors, insecureRegistries, labels, debug } = reloadable();
    return {
      ...version,
      ...facts,
      registryMirrors,
      insecureRegistries,
      labels,
      debug,
      containers: this.#count(),
      images: images.list({ all: false, filters: new Map() }).length,
      ipv4Forwarding: ipv4Forwarding(),
      eventListeners: events.listeners,
      openFiles: (await readdir("/proc/self/fd")).length,
    };
  }

  #count(): InfoFacts["containers"] {
    const count = { total: 0, running: 0, paused: 0, stopped: 0 };
    for (const { state } of this.#deps.store.all()) {
      count.total++;
      if (state.status === "paused") count.paused++;
      else if (state.status === "running" || state.status === "restarting") count.running++;
      else count.stopped++;
    }
    return count;
  }

  async diskUsage(kinds: ReadonlySet<DiskUsageKind>, signal?: AbortSignal): Promise<DiskUsage> {
    const { images, containers, volumes, layersSize, sharedSize } = this.#deps;
    const none = new Map<string, readonly string[]>();
    const listImages = (): DiskUsage["images"] =>
      images.list({ all: false, filters: none }).map((each) => ({ ...each, sharedSize: sharedSize(each.image.id) }));
    const measureVolumes = async (): Promise<DiskUsage["volumes"]> =>
      await Promise.all(
        volumes.list(none).map(async (volume) => ({ ...volume, ...(await volumes.usage(volume.name, signal)) })),
      );
    return {
      layersSize: kinds.has("image") ? await layersSize() : undefined,
      images: kinds.has("image") ? listImages() : undefined,
      containers: kinds.has("container")
        ? await containers.list({ all: true, size: true, filters: none }, signal)
        : undefined,
      volumes: kinds.has("volume") ? await measureVolumes() : undefined,
    };
  }
}
