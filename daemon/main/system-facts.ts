import { hostname } from "node:os";
import type { DaemonConfig } from "../config/daemon-config.ts";
import type { StaticInfo } from "../engine/system/system.ts";
import type { VersionFacts } from "../engine/services.ts";
import type { HostFacts } from "../linux/host-facts.ts";
import type { RuncFacts } from "../linux/runc-features.ts";
import type { Snapshotter } from "../snapshots/snapshotter.ts";
import { BUILD } from "./build-info.ts";

export function versionFacts(host: HostFacts, runc: RuncFacts): VersionFacts {
  return {
    ...BUILD,
    nodeVersion: process.version,
    os: "linux",
    arch: host.arch,
    kernelVersion: host.kernel,
    runcVersion: runc.version,
    runcCommit: runc.commit,
  };
}

export interface InfoInput {
  readonly id: string;
  readonly config: DaemonConfig;
  readonly host: HostFacts;
  readonly cgroupDriver: "cgroupfs" | "systemd";
  readonly apparmorProfile: string | undefined;
  readonly runtimes: Readonly<Record<string, string>>;
  readonly storage: Pick<Snapshotter, "driver" | "status">;
  /** What was found out at start that a user should know. */
  readonly warnings: readonly string[];
}

/** What `info` says for as long as the daemon runs. */
export function staticInfo(input: InfoInput): StaticInfo {
  const { id, config, host, cgroupDriver, runtimes, storage, warnings } = input;
  const proxy = (name: string): string => process.env[name] ?? process.env[name.toLowerCase()] ?? "";
  return {
    id,
    name: hostname(),
    rootDir: config.dataRoot,
    storage: { driver: storage.driver, status: storage.status },
    cgroupDriver,
    cgroupVersion: host.cgroupVersion,
    limits: host.limits,
    operatingSystem: host.operatingSystem,
    osVersion: host.osVersion,
    cpus: host.cpus,
    memory: host.memory,
    securityOptions: securityOptions(host, input.apparmorProfile),
    runtimes,
    defaultRuntime: config.defaultRuntime,
    warnings: [...lackingLimits(host.limits), ...warnings],
    httpProxy: proxy("HTTP_PROXY"),
    httpsProxy: proxy("HTTPS_PROXY"),
    noProxy: proxy("NO_PROXY"),
  };
}

function securityOptions(host: HostFacts, apparmorProfile: string | undefined): readonly string[] {
  return [
    ...(apparmorProfile === undefined ? [] : ["name=apparmor"]),
    ...(host.seccomp ? ["name=seccomp,profile=builtin"] : []),
    ...(host.userNamespace ? ["name=rootless"] : []),
    // Docker says so where a cgroup namespace is the default.
    ...(host.cgroupNamespaces && host.cgroupVersion === 2 ? ["name=cgroupns"] : []),
  ];
}

/** In the words that Docker's users know. */
function lackingLimits(limits: HostFacts["limits"]): readonly string[] {
  const lacking: readonly (readonly [has: boolean, what: string])[] = [
    [limits.memory, "memory limit"],
    [limits.swap, "swap limit"],
    [limits.cpuCfs, "cpu cfs quota"],
    [limits.cpuShares, "cpu shares"],
    [limits.cpuSet, "cpuset"],
    [limits.pids, "pids limit"],
  ];
  return lacking.flatMap(([has, what]) => (has ? [] : [`WARNING: No ${what} support`]));
}
