import type { IndexInfo, RegistryServiceConfig, SwarmInfo, SystemInfo } from "../../../sdk/contract/index.ts";
import { nowRfc3339 } from "../../base/time.ts";
import type { InfoFacts } from "../../engine/services.ts";
import { atLeast } from "../http/version.ts";
import { dockerVersion } from "./docker-version.ts";

const HUB = "https://index.docker.io/v1/";

/** `GET /info`. What Slipway does not have (swarm, plugins, containerd) is there and empty: clients read it without asking. */
export function infoJson(facts: InfoFacts, apiVersion: string): SystemInfo {
  return {
    ...inventory(facts),
    ...limits(facts),
    ...daemon(facts),
    ...host(facts),
    ...runtimes(facts),
    // Before 1.50; true of every kernel where the bridge driver works, as its rules are of the bridge family too.
    ...(!atLeast(apiVersion, "1.50") && { BridgeNfIptables: true, BridgeNfIp6tables: true }),
    ...(atLeast(apiVersion, "1.49") && { FirewallBackend: { Driver: "nftables" } }),
    RegistryConfig: registryConfig(facts),
    IndexServerAddress: HUB,
    Swarm: NO_SWARM,
    Warnings: [...facts.warnings],
  };
}

function inventory({ id, containers, images, storage, rootDir, name, labels, version }: InfoFacts) {
  return {
    ID: id,
    Containers: containers.total,
    ContainersRunning: containers.running,
    ContainersPaused: containers.paused,
    ContainersStopped: containers.stopped,
    Images: images,
    Driver: storage.driver,
    DriverStatus: storage.status.map((pair) => [...pair]),
    DockerRootDir: rootDir,
    Name: name,
    Labels: [...labels],
    ServerVersion: dockerVersion(version),
    ExperimentalBuild: false,
    Plugins: {
      Volume: ["local"],
      Network: ["bridge", "host", "null"],
      Authorization: null,
      Log: ["json-file", "none"],
    },
  };
}

function limits({ limits, ipv4Forwarding }: InfoFacts) {
  return {
    MemoryLimit: limits.memory,
    SwapLimit: limits.swap,
    CpuCfsPeriod: limits.cpuCfs,
    CpuCfsQuota: limits.cpuCfs,
    CPUShares: limits.cpuShares,
    CPUSet: limits.cpuSet,
    PidsLimit: limits.pids,
    OomKillDisable: limits.oomKillDisable,
    IPv4Forwarding: ipv4Forwarding,
  };
}

function daemon({ debug, openFiles, eventListeners, httpProxy, httpsProxy, noProxy }: InfoFacts) {
  return {
    Debug: debug,
    NFd: openFiles,
    // Go's; a Node process has none.
    NGoroutines: 0,
    SystemTime: nowRfc3339(),
    LoggingDriver: "json-file",
    NEventsListener: eventListeners,
    HttpProxy: httpProxy,
    HttpsProxy: httpsProxy,
    NoProxy: noProxy,
    GenericResources: null,
    // Containers always outlive the daemon.
    LiveRestoreEnabled: true,
    Isolation: "",
  };
}

/** The kernel's names, where `version` has Go's. */
const MACHINES: Readonly<Record<string, string>> = { amd64: "x86_64", arm64: "aarch64", 386: "i686", arm: "armv7l" };

function host({ kernelVersion, operatingSystem, osVersion, os, arch, cpus, memory, ...facts }: InfoFacts) {
  return {
    KernelVersion: kernelVersion,
    OperatingSystem: operatingSystem,
    OSVersion: osVersion,
    OSType: os,
    Architecture: MACHINES[arch] ?? arch,
    NCPU: cpus,
    MemTotal: memory,
    CgroupDriver: facts.cgroupDriver,
    CgroupVersion: String(facts.cgroupVersion),
    SecurityOptions: [...facts.securityOptions],
  };
}

function runtimes({ runtimes, defaultRuntime, runcCommit, runcVersion }: InfoFacts) {
  return {
    Runtimes: Object.fromEntries(Object.entries(runtimes).map(([name, path]) => [name, { path }])),
    DefaultRuntime: defaultRuntime,
    InitBinary: "docker-init",
    ContainerdCommit: { ID: "" },
    RuncCommit: { ID: runcCommit || runcVersion },
    InitCommit: { ID: "" },
  };
}

function registryConfig({ registryMirrors, insecureRegistries }: InfoFacts): RegistryServiceConfig {
  const cidrs = insecureRegistries.filter((each) => each.includes("/"));
  const hosts = insecureRegistries.filter((each) => !each.includes("/"));
  const mirrors = [...registryMirrors];
  const insecure = (name: string): IndexInfo => ({ Name: name, Mirrors: [], Secure: false, Official: false });
  return {
    InsecureRegistryCIDRs: [...new Set(["::1/128", "127.0.0.0/8", ...cidrs])],
    IndexConfigs: {
      "docker.io": { Name: "docker.io", Mirrors: mirrors, Secure: true, Official: true },
      ...Object.fromEntries(hosts.map((name) => [name, insecure(name)])),
    },
    Mirrors: mirrors,
  };
}

const NO_SWARM: SwarmInfo = {
  NodeID: "",
  NodeAddr: "",
  LocalNodeState: "inactive",
  ControlAvailable: false,
  Error: "",
  RemoteManagers: null,
};
