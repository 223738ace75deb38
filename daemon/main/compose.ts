import { join } from "node:path";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { DaemonConfig, ReloadableConfig } from "../config/daemon-config.ts";
import { createContentStore } from "../content/file-content-store.ts";
import { createEngine, engineId, type NetworkDrivers, type StartedEngine } from "../engine/create-engine.ts";
import { Archives } from "../engine/files/archives.ts";
import { currentLabel, loadProfile } from "../linux/apparmor.ts";
import { AttachLock } from "../linux/cgroups/attach-lock.ts";
import { createCgroupOpener } from "../linux/cgroups/open-cgroup.ts";
import { rootOfVersion2 } from "../linux/cgroups/layout.ts";
import { ipv4Forwarding, readHostFacts, type HostFacts } from "../linux/host-facts.ts";
import { runcFacts, type RuncFacts } from "../linux/runc-features.ts";
import { SeccompCache } from "../linux/seccomp/cache.ts";
import { loadSeccompLibrary } from "../linux/seccomp/library.ts";
import { Trees } from "../linux/trees.ts";
import { mountTmpfs, unmountTmpfs } from "../linux/tmpfs-mount.ts";
import type { Metadata } from "../metadata/collection.ts";
import { openMetadata } from "../metadata/metadata.ts";
import { AddressRange } from "../network/address-range.ts";
import { createEmbeddedDns } from "../network/dns/embedded-dns.ts";
import { createBridgeDriver } from "../network/bridge-driver.ts";
import { macFor } from "../network/mac-address.ts";
import { createParentDriver } from "../network/parent-driver.ts";
import { createSandboxes } from "../network/sandboxes.ts";
import { chooseIpv6Subnet, chooseSubnet, DEFAULT_POOLS, hostSubnets } from "../network/subnet-choice.ts";
import { apparmorProfile, DEFAULT_APPARMOR_PROFILE } from "../oci/apparmor.ts";
import { Registries } from "../registry/registries.ts";
import { createRuntime } from "../runtime/shim-runtime.ts";
import { createOverlaySnapshotter } from "../snapshots/overlay-snapshotter.ts";
import { createLocalVolumes } from "../volumes/local-volumes.ts";
import { findRuntimes, findShim } from "./programs.ts";
import { staticInfo, versionFacts } from "./system-facts.ts";

/** What is asked of other programs at start; together it takes as long as the slowest of them. */
export interface Discovered {
  readonly host: HostFacts;
  readonly runc: RuncFacts;
  readonly runtimes: Readonly<Record<string, string>>;
  readonly apparmorProfile: string | undefined;
  readonly warnings: readonly string[];
}

/** @throws EngineError Unavailable with what to install. */
export async function discover(config: DaemonConfig): Promise<Discovered> {
  const runtimes = findRuntimes(config.runtimes);
  const [runc, apparmor] = await Promise.all([
    runcFacts(runtimes[config.defaultRuntime] ?? "runc"),
    // A profile that cannot be loaded must not keep the daemon from starting: `info` says that there is none.
    loadProfile(DEFAULT_APPARMOR_PROFILE, apparmorProfile(currentLabel())).catch((error: unknown) => ({
      profile: undefined,
      warning: messageOf(error),
    })),
  ]);
  const warnings = apparmor.warning === undefined ? [] : [`WARNING: ${apparmor.warning}`];
  return { host: readHostFacts(), runc, runtimes, apparmorProfile: apparmor.profile, warnings };
}

export interface Composition {
  readonly config: DaemonConfig;
  readonly discovered: Discovered;
  readonly reloadable: () => ReloadableConfig;
  readonly log: Logger;
}

/** The stores and drivers, and the engine over them. `resources` gets what has an end, in the order of its making. */
export function compose(
  { config, discovered, reloadable, log }: Composition,
  resources: AsyncDisposableStack,
): StartedEngine {
  const { host, runc, runtimes } = discovered;
  const { dataRoot, execRoot } = config;
  const metadata = resources.use(openMetadata(join(dataRoot, "metadata.db")));
  const snapshots = resources.use(createOverlaySnapshotter({ root: dataRoot, logger: log }));
  const volumes = resources.use(createLocalVolumes(dataRoot, { logger: log }));
  const registries = resources.use(
    new Registries({
      certsDir: "/etc/docker/certs.d",
      get insecureRegistries() {
        return reloadable().insecureRegistries;
      },
      get mirrors() {
        return reloadable().registryMirrors;
      },
    }),
  );
  const cgroupDriver = config.cgroupDriver ?? host.cgroupDriver;
  const id = engineId(metadata);
  const runtime = createRuntime({
    execRoot,
    shim: findShim(),
    runtimes,
    defaultRuntime: config.defaultRuntime,
    systemdCgroup: cgroupDriver === "systemd",
    openCgroup: createCgroupOpener(host.cgroups),
    attachLock: new AttachLock(host.cgroups),
    log,
  });
  const seccomp = new SeccompCache({ library: loadSeccompLibrary() });
  return createEngine({
    dataRoot,
    execRoot,
    metadata,
    content: createContentStore(dataRoot),
    snapshots,
    volumes,
    files: {
      trees: resources.use(new Trees()),
      archives: resources.use(new Archives({ userXattr: host.userNamespace })),
    },
    registries,
    runtime,
    network: networkDrivers(config, host, metadata, log, resources),
    facts: { ...host, mountOptions: runc.mountOptions, apparmorProfile: discovered.apparmorProfile },
    defaults: { ...config, ulimits: config.defaultUlimits, cgroupDriver },
    seccompFilter: (profile) => seccomp.get(profile),
    shm: { mount: mountTmpfs, unmount: unmountTmpfs },
    system: {
      version: versionFacts(host, runc),
      facts: staticInfo({ ...discovered, id, config, cgroupDriver, storage: snapshots }),
      reloadable,
      ipv4Forwarding,
    },
    limits: { downloads: config.concurrentDownloads, uploads: config.concurrentUploads },
    hostMemory: host.memory,
    log,
  });
}

function networkDrivers(
  config: DaemonConfig,
  { userNamespace, cgroups }: HostFacts,
  metadata: Metadata,
  log: Logger,
  resources: AsyncDisposableStack,
): NetworkDrivers {
  const bridge = resources.use(
    createBridgeDriver({
      daemonId: engineId(metadata),
      respectsFirewall: config.firewallRespect,
      cgroup: rootOfVersion2(cgroups),
      log,
    }),
  );
  resources.defer(() => bridge.settled());
  const parents = resources.use(createParentDriver({ daemonId: engineId(metadata), log }));
  resources.defer(() => parents.settled());
  const pools = config.addressPools.length > 0 ? config.addressPools : DEFAULT_POOLS;
  return {
    sandboxes: createSandboxes({ userNamespace }),
    bridge,
    parents,
    dns: resources.use(createEmbeddedDns({ log, servers: config.dns })),
    poolFor: (subnet, gateway, { range, reserved = [] } = {}) =>
      new AddressRange({ subnet, range, reserved: [gateway, ...reserved] }),
    macFor,
    chooseSubnet: (used) => chooseSubnet(pools, [...hostSubnets(), ...used]),
    chooseIpv6Subnet: (used) => chooseIpv6Subnet(pools, [...hostSubnets(), ...used]),
    bip: config.bip,
    bridgeName: config.bridge,
    mtu: config.mtu,
  };
}
