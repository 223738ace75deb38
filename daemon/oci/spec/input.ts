/**
 * What a config.json is built from: plain values, all looked up before. The shapes of HostSpec's parts are the engine's own
 * (engine/model/container.ts), so it passes its fields as they are.
 */
export interface SpecInput {
  /** Of the container: 64 hex digits. */
  readonly id: string;
  readonly rootfs: string;
  readonly hostname: string;
  readonly domainname: string;
  readonly process: ProcessInput;
  readonly host: HostInput;
  readonly namespaces: NamespaceInput;
  /** In the order of the request; a later one on the same target wins. */
  readonly mounts: readonly MountInput[];
  /** Nodes of the host that were asked for by `--device`. */
  readonly devices: readonly DeviceInput[];
  readonly cgroup: CgroupInput;
  readonly facts: SpecFacts;
}

export interface ProcessInput {
  /** Never empty. */
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  readonly tty: boolean;
  readonly consoleSize?: readonly [rows: number, columns: number];
}

/** The part of HostSpec that a spec is made of. */
export interface HostInput {
  readonly readonlyRootfs: boolean;
  readonly privileged: boolean;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly securityOpt: readonly string[];
  /** Run below an init that reaps (`--init`). */
  readonly init: boolean;
  /** Bytes; 0 is Docker's 64 MiB. */
  readonly shmSize: number;
  readonly ulimits: readonly UlimitInput[];
  readonly resources: ResourceInput;
  readonly oomScoreAdj: number;
  readonly sysctls: Readonly<Record<string, string>>;
  /** undefined is the default list, an empty one is none. */
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

export interface UlimitInput {
  /** `nofile`, or `RLIMIT_NOFILE`. */
  readonly name: string;
  /** -1 is unlimited. */
  readonly soft: number;
  readonly hard: number;
}

/** Absent or 0 is "no limit"; units as in HostSpec.resources. */
export interface ResourceInput {
  readonly memory: number;
  readonly memorySwap: number;
  readonly memoryReservation: number;
  readonly nanoCpus: number;
  readonly cpuShares: number;
  readonly cpuPeriod: number;
  readonly cpuQuota: number;
  readonly cpusetCpus: string;
  readonly cpusetMems: string;
  readonly pidsLimit: number;
  readonly oomKillDisable: boolean;
}

/** `new`: one of its own; `host`: none; a path: joined. */
export type NamespaceChoice = "new" | "host" | { readonly path: string };

export interface NamespaceInput {
  readonly network: NamespaceChoice;
  /** Where the network is joined by path: true when it was made for this container, so that its sysctls are ours to set. */
  readonly networkIsOwn: boolean;
  readonly ipc: NamespaceChoice;
  /** `ipcMode=none`: an ipc namespace, but no /dev/shm. */
  readonly noShm?: boolean;
  /** A host folder to be /dev/shm: of the container whose ipc namespace is joined, or one to be shared. */
  readonly shmPath?: string;
  readonly pid: NamespaceChoice;
  readonly uts: "new" | "host";
  readonly cgroup: "new" | "host";
}

export type MountInput = BindInput | TmpfsInput;

/** A folder or file of the host, a volume's included. */
export interface BindInput {
  readonly type: "bind";
  /** Absolute path on the host, there already. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly propagation: string;
  readonly nonRecursive: boolean;
  /** Of a read-only one: `none` leaves mounts below it writable, `force` fails where they cannot be made read-only. */
  readonly readOnlyBelow?: "none" | "force";
}

export interface TmpfsInput {
  readonly type: "tmpfs";
  readonly target: string;
  readonly readOnly: boolean;
  /** mount(8) options: `size=1m`, `mode=1777`, `exec`. */
  readonly options: readonly string[];
}

export interface DeviceInput {
  /** In the container. */
  readonly path: string;
  readonly type: "c" | "b" | "p";
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
  /** Any of `rwm`. */
  readonly permissions: string;
}

export interface CgroupInput {
  readonly driver: "cgroupfs" | "systemd";
  /** As asked for; "" is the default (see cgroupsPath). */
  readonly parent: string;
}

/** What the daemon found out about its host and itself (linux/host-facts.ts). */
export interface SpecFacts {
  /** As uname(2) gives it. */
  readonly kernel: string;
  /** Go's name: amd64, arm64. */
  readonly arch: string;
  /** The daemon's bounding set. */
  readonly capabilities: readonly string[];
  /** The daemon's hard limits by name, lower case; -1 is unlimited. */
  readonly hardLimits: Readonly<Record<string, number>>;
  /** The lowest oom_score_adj that the daemon may give. */
  readonly oomScoreAdjMin: number;
  /** The daemon is root of a user namespace (rootless), not of the host. */
  readonly userNamespace: boolean;
  readonly seccomp: boolean;
  /** Name of the profile that is loaded as the default; undefined where AppArmor is off. */
  readonly apparmorProfile?: string;
  readonly selinux: boolean;
  readonly cgroupVersion: 1 | 2;
  readonly limits: LimitFacts;
  /** `rro` and the like, from `runc features`; empty where runc is too old to tell. */
  readonly mountOptions: readonly string[];
  /** For --privileged. */
  readonly hostDevices: readonly DeviceInput[];
  /** Each /sys/devices/system/cpu/cpuN/thermal_throttle that there is. */
  readonly thermalThrottlePaths: readonly string[];
  /** A static init for `--init`; undefined where there is none. */
  readonly initPath?: string;
}

/** Which limits the kernel and its mounted controllers can hold. */
export interface LimitFacts {
  readonly memory: boolean;
  readonly swap: boolean;
  readonly cpuCfs: boolean;
  readonly cpuShares: boolean;
  readonly cpuSet: boolean;
  readonly pids: boolean;
  readonly oomKillDisable: boolean;
}
