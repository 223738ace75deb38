import type { Digest } from "../base/digest.ts";
import { isKind } from "../base/errors.ts";
import { newId } from "../base/ids.ts";
import { KeyedLock } from "../base/keyed-lock.ts";
import type { Logger } from "../base/logger.ts";
import type { ContentStore } from "../content/content-store.ts";
import { interfaceCounters } from "../linux/interface-counters.ts";
import type { Metadata } from "../metadata/collection.ts";
import type { BridgeDriver, ParentDriver, Sandboxes, Subnet } from "../network/network-driver.ts";
import type { OciSeccomp } from "../oci/runtime-spec.ts";
import type { SpecFacts } from "../oci/spec/input.ts";
import type { Registries } from "../registry/registries.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Snapshotter } from "../snapshots/snapshotter.ts";
import { MountPins } from "../volumes/mount-pins.ts";
import type { VolumeDriver } from "../volumes/volume-driver.ts";
import { ContainerService } from "./containers/containers.ts";
import { ContainerStore } from "./containers/container-store.ts";
import type { ContainerContext } from "./containers/context.ts";
import { isLive } from "./containers/list.ts";
import { LiveContainer } from "./containers/live-container.ts";
import { imageSnapshots } from "./containers/mount-sources.ts";
import { ContainerPaths } from "./containers/paths.ts";
import { ContainerSpecs, type SharedMemory, type SpecDefaults } from "./containers/spec/container-specs.ts";
import { EventBus } from "./events.ts";
import { ExecStore } from "./execs/execs.ts";
import type { RootFilesDeps } from "./files/root-files.ts";
import { createImages, type ImageService } from "./images/images.ts";
import type { Container } from "./model/container.ts";
import type { EmbeddedDns } from "../network/dns/embedded-dns.ts";
import type { NetworkEndpointsDeps } from "./networks/network-endpoints.ts";
import { ContainerNames } from "./networks/container-names.ts";
import { ContainerNetworking } from "./networks/container-networking.ts";
import { NetworkService } from "./networks/network-service.ts";
import { NetworkStore } from "./networks/networks.ts";
import type { Engine } from "./services.ts";
import { SystemService, type SystemDeps } from "./system/system.ts";
import { VolumeStore } from "./volumes/volumes.ts";

export interface EngineDeps {
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly metadata: Metadata;
  readonly content: ContentStore;
  readonly snapshots: Snapshotter;
  readonly volumes: VolumeDriver;
  readonly files: RootFilesDeps;
  readonly registries: Registries;
  readonly runtime: Runtime;
  readonly network: NetworkDrivers;
  readonly facts: Omit<SpecFacts, "hostDevices">;
  readonly defaults: Omit<SpecDefaults, "hostGateway">;
  readonly seccompFilter: (profile: OciSeccomp) => Promise<Uint8Array | undefined>;
  readonly shm: SharedMemory;
  readonly system: Pick<SystemDeps, "version" | "facts" | "reloadable" | "ipv4Forwarding">;
  readonly limits: { readonly downloads: number; readonly uploads: number };
  /** Bytes. */
  readonly hostMemory: number;
  readonly log: Logger;
}

export interface NetworkDrivers {
  readonly sandboxes: Sandboxes;
  readonly bridge: BridgeDriver;
  readonly parents: ParentDriver;
  readonly dns: EmbeddedDns;
  readonly poolFor: NetworkEndpointsDeps["poolFor"];
  readonly macFor: (ipAddress: string) => string;
  /** @param used subnets of other networks, beside those of the host. */
  readonly chooseSubnet: (used: readonly string[]) => Subnet;
  readonly chooseIpv6Subnet: (used: readonly string[]) => Subnet | undefined;
  /** Of the default bridge, where the configuration has them. */
  readonly bip?: Subnet;
  readonly bridgeName: string;
  readonly mtu?: number | undefined;
}

/** The engine and the two moments of its life that are not a client's. */
export interface StartedEngine {
  readonly engine: Engine;
  /** Takes up what an earlier daemon left. Called once, before anybody may ask anything. */
  restore(): Promise<void>;
  /** Removes what no record names. Called once, before `restore`. */
  sweep(): Promise<void>;
  /** The daemon stops: what no running container needs goes. Called once, when nobody is served any more. */
  close(): Promise<void>;
}

/** Puts the engine together over its stores and drivers. Nothing is touched before `restore`. */
export function createEngine(deps: EngineDeps): StartedEngine {
  const { metadata, snapshots, log } = deps;
  const events = new EventBus();
  const store = new ContainerStore(metadata);
  const all = (): readonly Container[] => store.all();
  const volumes = new VolumeStore({ metadata, driver: deps.volumes, events, containers: all, files: deps.files });
  const networks = new NetworkStore({ metadata, ...deps.network, containers: all });
  const images = createImages({
    ...deps,
    publish: (event) => events.publish(event),
    usersOf: (id) => usersOf(store, id),
  });
  const context = containerContext(deps, { store, events, volumes, networks, images });
  const containers = new ContainerService({
    context,
    imageName: (container) => imageName(images, container),
    imageSize: ({ imageId }) => images.find(imageId)?.size ?? 0,
    ancestorIds: (ref) => ancestorIds(images, ref),
    apparmorProfile: deps.facts.apparmorProfile ?? "",
    hostMemory: deps.hostMemory,
    interfaceCounters,
  });
  const execs = new ExecStore(context);
  const system = new SystemService({
    ...deps.system,
    containers,
    store,
    images,
    volumes,
    events,
    layersSize: () => images.layersSize(),
    sharedSize: (id) => images.sharedSize(id),
  });
  return {
    engine: {
      containers,
      execs,
      images,
      volumes,
      networks: new NetworkService({ ...context, networks }),
      events,
      system,
    },
    restore: () => containers.restore(),
    async sweep() {
      const layers = await images.sweep();
      await snapshots.sweep({ layers, keys: new Set(all().flatMap(snapshotKeys)) });
      await deps.volumes.sweep(volumes.known());
      log.debug("swept");
    },
    async close() {
      await containers.settled();
      await context.networking.close(all().filter(isLive));
    },
  };
}

interface Parts {
  readonly store: ContainerStore;
  readonly events: EventBus;
  readonly volumes: VolumeStore;
  readonly networks: NetworkStore;
  readonly images: ImageService;
}

function containerContext(deps: EngineDeps, parts: Parts): ContainerContext {
  const lives = new Map<string, LiveContainer>();
  const paths = new ContainerPaths(deps.dataRoot, deps.execRoot);
  const { store, networks } = parts;
  return {
    ...parts,
    live(id) {
      const live = lives.get(id) ?? new LiveContainer(id);
      lives.set(id, live);
      return live;
    },
    forget: (id) => void lives.delete(id),
    locks: new KeyedLock(),
    paths,
    pins: new MountPins(paths.pins),
    runtime: deps.runtime,
    snapshots: deps.snapshots,
    networking: new ContainerNetworking({
      ...deps.network,
      networks,
      names: new ContainerNames({
        dns: deps.network.dns,
        sandboxPath: (id) => paths.sandbox(id),
        dnsOptions: deps.defaults.dnsOptions,
      }),
      log: deps.log,
    }),
    specs: new ContainerSpecs({
      store,
      paths,
      facts: deps.facts,
      defaults: { ...deps.defaults, hostGateway: () => networks.get("bridge").gateway ?? "127.0.0.1" },
      runtimes: deps.runtime.runtimes,
      seccompFilter: deps.seccompFilter,
      shm: deps.shm,
    }),
    log: deps.log,
  };
}

function snapshotKeys(container: Container): readonly string[] {
  return [container.id, ...imageSnapshots(container).map(({ key }) => key)];
}

function usersOf(store: ContainerStore, image: Digest): readonly { readonly id: string; readonly running: boolean }[] {
  return store
    .all()
    .filter(({ imageId, mounts }) => imageId === image || mounts.some((mount) => mount.imageId === image))
    .map(({ id, state }) => ({ id, running: state.status === "running" || state.status === "paused" }));
}

/** As the user wrote it, as long as that still means this image. */
function imageName(images: ImageService, { spec, imageId }: Container): string {
  try {
    if (images.get(spec.image).id === imageId) return spec.image;
  } catch (error) {
    if (!isKind(error, "NotFound") && !isKind(error, "InvalidParameter")) throw error;
  }
  return imageId;
}

function ancestorIds(images: ImageService, ref: string): readonly string[] {
  try {
    return [images.get(ref).id];
  } catch (error) {
    if (isKind(error, "NotFound") || isKind(error, "InvalidParameter")) return [];
    throw error;
  }
}

/** What tells this data root's daemon from others, kept in its metadata. */
export function engineId(metadata: Metadata): string {
  const settings = metadata.collection<{ readonly value: string }>("settings");
  const known = settings.find("engine-id");
  if (known !== undefined) return known.value;
  const value = newId();
  settings.put("engine-id", { value });
  return value;
}
