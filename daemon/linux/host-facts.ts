import { existsSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism, release, totalmem } from "node:os";
import { delimiter, join } from "node:path";
import { cgroupLimits, detectCgroups, type CgroupLayout, type CgroupLimits } from "./cgroups/layout.ts";
import { defaultCgroupDriver } from "./cgroups/open-cgroup.ts";
import { inUserNamespace, lowestOomScore, ownCapabilities, ownHardLimits } from "./own-limits.ts";

/**
 * What the daemon finds out about its host once, when it starts; everything is read from /proc and /sys in some
 * milliseconds. A superset of oci/spec's SpecFacts but for `apparmorProfile` and `mountOptions`, which come from
 * loadProfile and runcFacts, and `hostDevices`, which are looked up when they are needed (linux/devices.ts).
 */
export interface HostFacts {
  /** As uname(2) gives it. */
  readonly kernel: string;
  /** Go's name: amd64, arm64. */
  readonly arch: string;
  /** `Debian GNU/Linux 12 (bookworm)`. */
  readonly operatingSystem: string;
  /** `12`. */
  readonly osVersion: string;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly cgroups: CgroupLayout;
  readonly cgroupVersion: 1 | 2;
  readonly cgroupDriver: "cgroupfs" | "systemd";
  readonly limits: CgroupLimits;
  /** What the daemon itself may do, hence give. */
  readonly capabilities: readonly string[];
  readonly hardLimits: Readonly<Record<string, number>>;
  readonly oomScoreAdjMin: number;
  /** The daemon is root of a user namespace (rootless), not of the host. */
  readonly userNamespace: boolean;
  readonly seccomp: boolean;
  readonly selinux: boolean;
  /** The kernel has cgroup namespaces. */
  readonly cgroupNamespaces: boolean;
  /** A process with an init of its own for `--init`. */
  readonly initPath?: string;
  readonly thermalThrottlePaths: readonly string[];
}

export function readHostFacts(): HostFacts {
  const cgroups = detectCgroups();
  const capabilities = ownCapabilities();
  const initPath = findInit();
  return {
    kernel: release(),
    arch: goArch(process.arch),
    ...readOsRelease(),
    cpus: availableParallelism(),
    memory: totalmem(),
    cgroups,
    cgroupVersion: cgroups.version,
    cgroupDriver: defaultCgroupDriver(cgroups),
    limits: cgroupLimits(cgroups),
    capabilities,
    hardLimits: ownHardLimits(),
    oomScoreAdjMin: lowestOomScore(capabilities),
    userNamespace: inUserNamespace(),
    seccomp: existsSync("/proc/sys/kernel/seccomp/actions_avail"),
    selinux: existsSync("/sys/fs/selinux/enforce"),
    cgroupNamespaces: existsSync("/proc/self/ns/cgroup"),
    ...(initPath !== undefined && { initPath }),
    thermalThrottlePaths: thermalThrottlePaths(),
  };
}

/** Now: an administrator may switch it while the daemon runs. */
export function ipv4Forwarding(): boolean {
  return readOrEmpty("/proc/sys/net/ipv4/ip_forward").trim() === "1";
}

const GO_ARCHES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

/** Go's name of a Node architecture. */
export function goArch(arch: string): string {
  return GO_ARCHES[arch] ?? arch;
}

/** os-release(5): shell-like assignments, quoted or not. */
export function parseOsRelease(text: string): { readonly operatingSystem: string; readonly osVersion: string } {
  const values = new Map(
    text.split("\n").flatMap((line) => {
      const match = /^([A-Z_]+)=(.*)$/.exec(line.trim());
      const value = match?.[2]?.replace(/^(["'])(.*)\1$/, "$2").replace(/\\(["'\\$`])/g, "$1");
      return match?.[1] === undefined || value === undefined ? [] : [[match[1], value] as const];
    }),
  );
  return { operatingSystem: values.get("PRETTY_NAME") ?? "Linux", osVersion: values.get("VERSION_ID") ?? "" };
}

function readOsRelease(): ReturnType<typeof parseOsRelease> {
  return parseOsRelease(readOrEmpty("/etc/os-release") || readOrEmpty("/usr/lib/os-release"));
}

function thermalThrottlePaths(): readonly string[] {
  const cpus = "/sys/devices/system/cpu";
  if (!existsSync(cpus)) return [];
  return readdirSync(cpus)
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => join(cpus, name, "thermal_throttle"))
    .filter((path) => existsSync(path));
}

/** docker-init is tini under Docker's name; both are static. */
function findInit(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/libexec/docker", "/usr/bin", "/sbin"];
  return ["docker-init", "tini-static", "tini"]
    .flatMap((name) => folders.filter(Boolean).map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
