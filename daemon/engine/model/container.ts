/**
 * What a container is to the engine. The wire's PascalCase shapes are in sdk/contract; api/ translates between the two.
 * A record (`Container`) outlives its processes; a live process of it is a task (runtime/).
 */
import type { Digest } from "../../base/digest.ts";
import type { ExitStatus } from "../../base/exit-status.ts";
import type { Healthcheck, HealthStatus } from "./health.ts";
import type { PublishedPort } from "../../network/network-driver.ts";

/** What the user asked for at create; immutable but for `name` and what `update` may change. */
export interface ContainerSpec {
  /** As the user wrote it: a reference, a digest or an image id. */
  readonly image: string;
  readonly cmd?: readonly string[];
  readonly entrypoint?: readonly string[];
  /** `KEY=value`; a bare `KEY` removes the image's. */
  readonly env: readonly string[];
  /** `user[:group]`, names or numbers, resolved in the image's own passwd and group. */
  readonly user: string;
  /** Absolute path in the container; made when it does not exist. */
  readonly workingDir: string;
  readonly hostname: string;
  readonly domainname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly stdinOnce: boolean;
  readonly attachStdin: boolean;
  readonly attachStdout: boolean;
  readonly attachStderr: boolean;
  /** A name (`SIGTERM`, `TERM`) or a number. */
  readonly stopSignal?: string;
  /** Seconds; Docker's default is 10. -1 waits for ever. */
  readonly stopTimeout?: number;
  readonly healthcheck?: Healthcheck;
  /** `80/tcp`; kept for inspect and for `-P`. */
  readonly exposedPorts: readonly string[];
  /** Paths of the image's and the user's anonymous volumes. */
  readonly volumes: readonly string[];
  /** Kept for inspect only. */
  readonly networkDisabled: boolean;
  /**
   * What was asked for of networks, by name: of the one that `host.network` names, and of others beside it. Changed by connect
   * and disconnect. null: taken off it, which only the one of `host.network` needs to say.
   */
  readonly networks?: Readonly<Record<string, EndpointSettings | null>>;
  readonly host: HostSpec;
}

/** A container's wishes for one network. Everything may be missing. */
export interface EndpointSettings {
  readonly aliases?: readonly string[];
  /** `container:alias`: names that this container alone has for others on the network. */
  readonly links?: readonly string[];
  /** A static address. */
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  /** Beside the network's own: 169.254.0.0/16 and fe80::/10. */
  readonly linkLocalAddresses?: readonly string[];
  readonly macAddress?: string;
  /** Of the endpoint's interface (endpoint-options.ts). */
  readonly driverOptions?: Readonly<Record<string, string>>;
  /** The network with the highest one gives the default route; 0 where nothing is said. */
  readonly gatewayPriority?: number;
}

/** Resources, isolation and mounts: the API's HostConfig in the engine's words. */
export interface HostSpec {
  /** Raw `src:dst[:opts]` strings as given, for inspect; their meaning is in `mounts`. */
  readonly binds: readonly string[];
  /** Every mount asked for, from Binds, Mounts, Tmpfs and the image's volumes, in that order. */
  readonly mounts: readonly MountSpec[];
  /** `container[:ro|rw]` as given; what came of it is in `mounts`. */
  readonly volumesFrom?: readonly string[];
  readonly autoRemove: boolean;
  readonly readonlyRootfs: boolean;
  readonly privileged: boolean;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  /** As given: `seccomp=…` (unconfined or the profile's JSON), `apparmor=…`, `no-new-privileges`, `label=…`, `systempaths=unconfined`, `mask=…`. */
  readonly securityOpt: readonly string[];
  readonly init: boolean;
  /** Bytes of /dev/shm; 64 MiB by default. */
  readonly shmSize: number;
  readonly ulimits: readonly Ulimit[];
  readonly resources: ResourceSpec;
  readonly restartPolicy: RestartPolicy;
  readonly log: LogSpec;
  readonly network: NetworkMode;
  readonly devices: readonly DeviceSpec[];
  readonly groupAdd: readonly string[];
  readonly extraHosts: readonly string[];
  readonly dns: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly ipcMode: "private" | "shareable" | "host" | "none" | `container:${string}`;
  readonly pidMode: "" | "host" | `container:${string}`;
  readonly utsMode: "" | "host";
  readonly cgroupnsMode: "private" | "host";
  readonly cgroupParent: string;
  readonly oomScoreAdj: number;
  readonly sysctls: Readonly<Record<string, string>>;
  /** Name of a runtime from the daemon's configuration; "" is the default one. */
  readonly runtime: string;
  readonly publishAllPorts: boolean;
  readonly portBindings: readonly PortBinding[];
  /** Absolute paths; undefined is the default list, an empty list is none. */
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  /** Of the terminal at start, where the client has one. */
  readonly consoleSize?: readonly [rows: number, columns: number];
}

export type MountSpec =
  | {
      readonly type: "bind";
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly propagation: Propagation;
      readonly nonRecursive: boolean;
      /** `-v` makes a missing source, `--mount` refuses it. */
      readonly createSource: boolean;
      /** Of a read-only one: `none` leaves mounts below it writable, `force` fails where they cannot be made read-only. */
      readonly readOnlyBelow?: "none" | "force";
      readonly from?: MountOrigin;
    }
  | {
      readonly type: "volume";
      /** "" is an anonymous volume: it gets an id for a name, and `rm -v` takes it away. */
      readonly name: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly noCopy: boolean;
      readonly labels: Readonly<Record<string, string>>;
      readonly driver: string;
      readonly driverOpts: Readonly<Record<string, string>>;
      /** Relative, "" for all of it. Resolved inside the volume at each start. */
      readonly subpath: string;
      readonly from?: MountOrigin;
      /** Taken over from a container for which it was made without a name. */
      readonly anonymous?: boolean;
    }
  /** The files of an image, read-only. */
  | {
      readonly type: "image";
      /** As the user wrote it. */
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly subpath: string;
      readonly from?: MountOrigin;
    }
  | {
      readonly type: "tmpfs";
      readonly target: string;
      readonly readOnly: boolean;
      /** mount(8) options such as `size=1m` and `mode=1777`. */
      readonly options: readonly string[];
      /** Asked for by `Tmpfs` and not by `Mounts`: inspect shows the two apart. */
      readonly short?: boolean;
      readonly from?: MountOrigin;
    };

/** Set where the user did not ask for the mount itself: it came with another container's (`volumesFrom`). */
export type MountOrigin = "container";

export type Propagation = "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave";

export interface Ulimit {
  /** Without RLIMIT_, lower case: `nofile`. */
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

/** Absent or 0 is "no limit". */
export interface ResourceSpec {
  /** Bytes. */
  readonly memory: number;
  /** Bytes of memory and swap together; -1 is unlimited swap, 0 is twice the memory. */
  readonly memorySwap: number;
  readonly memoryReservation: number;
  /** 1e-9 CPUs. */
  readonly nanoCpus: number;
  /** Relative weight; 1024 is the kernel's default. */
  readonly cpuShares: number;
  /** Microseconds. */
  readonly cpuPeriod: number;
  readonly cpuQuota: number;
  /** List format of cpuset(7): `0-3,5`. */
  readonly cpusetCpus: string;
  readonly cpusetMems: string;
  readonly pidsLimit: number;
  readonly oomKillDisable: boolean;
}

export interface RestartPolicy {
  readonly name: "no" | "always" | "unless-stopped" | "on-failure";
  readonly maximumRetryCount: number;
}

export interface LogSpec {
  readonly driver: "json-file" | "none";
  /** Bytes a file; 0 is no limit. */
  readonly maxSize: number;
  readonly maxFile: number;
  /** As given, for inspect. */
  readonly options: Readonly<Record<string, string>>;
}

export type NetworkMode = "none" | "host" | `container:${string}` | (string & { readonly __network?: never });

export interface PortBinding {
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly hostIp: string;
  /** 0 is "any free one"; a range is first..last. */
  readonly hostPort: number;
  readonly hostPortEnd: number;
}

export interface DeviceSpec {
  readonly hostPath: string;
  readonly containerPath: string;
  /** Any of `rwm`. */
  readonly permissions: string;
}

/** A state carries what belongs to it. */
export type ContainerState =
  | { readonly status: "created"; readonly error?: string; readonly exitCode?: number }
  | {
      readonly status: "running" | "paused";
      /** Of the container's init, as the host sees it. */
      readonly pid: number;
      /** RFC 3339 with nanoseconds. */
      readonly startedAt: string;
      /** Of the run before this one, where there was one. */
      readonly finishedAt?: string;
    }
  | { readonly status: "restarting"; readonly exit: ExitStatus; readonly startedAt: string }
  | { readonly status: "removing" | "exited" | "dead"; readonly exit: ExitStatus; readonly startedAt: string };

/** A container's record, as stored. */
export interface Container {
  readonly id: string;
  /** Without the slash. */
  readonly name: string;
  /** RFC 3339 with nanoseconds. */
  readonly createdAt: string;
  /** Digest of the image's config. */
  readonly imageId: Digest;
  readonly spec: ContainerSpec;
  /** The image's config and `spec` merged: what the process will be. */
  readonly process: ResolvedProcess;
  readonly state: ContainerState;
  readonly restartCount: number;
  /** Where it has a check: of this run, or of the last one. */
  readonly health?: HealthStatus;
  /** Set by stop and kill, so that `unless-stopped` holds over a restart of the daemon. */
  readonly stoppedByUser: boolean;
  /** What was mounted where, with volume names resolved. */
  readonly mounts: readonly ResolvedMount[];
  /** Addresses by network name while it runs; the settings that were asked for otherwise. */
  readonly endpoints: Readonly<Record<string, EndpointRecord>>;
  /** uid, gid and path facts that inspect shows. */
  readonly logPath: string;
}

export interface ResolvedProcess {
  /** Never empty. */
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: string;
  readonly stopSignal: string;
  /** How many of `args` came from the entrypoint: inspect's Path and Args. */
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly healthcheck?: Healthcheck;
  /** Of the image, for a check that is a line of shell. */
  readonly shell?: readonly string[];
}

export interface ResolvedMount {
  readonly type: "bind" | "volume" | "tmpfs" | "image";
  /** The volume's name, or the image's as it was asked for. */
  readonly name?: string;
  readonly imageId?: Digest;
  /** Absolute path on the host; "" for tmpfs. */
  readonly source: string;
  readonly target: string;
  readonly driver?: string;
  readonly mode: string;
  readonly readWrite: boolean;
  readonly propagation: string;
  /** Made for this container without a name: `rm -v` removes it. */
  readonly anonymous: boolean;
}

export interface EndpointRecord {
  readonly networkId: string;
  readonly endpointId: string;
  readonly gateway: string;
  readonly ipAddress: string;
  readonly ipPrefixLen: number;
  readonly ipv6Gateway: string;
  readonly globalIpv6Address: string;
  readonly globalIpv6PrefixLen: number;
  readonly macAddress: string;
  readonly aliases: readonly string[];
  /** Name of the host's veth end; "" where the host has no end of it. */
  readonly hostInterface: string;
  /** Its name in the container: `eth0`. */
  readonly containerInterface?: string;
  /** What is published over it on the host. */
  readonly ports?: readonly PublishedPort[];
}

/** On no network, or on one that has no addresses. */
export const NO_ENDPOINT: EndpointRecord = {
  networkId: "",
  endpointId: "",
  gateway: "",
  ipAddress: "",
  ipPrefixLen: 0,
  ipv6Gateway: "",
  globalIpv6Address: "",
  globalIpv6PrefixLen: 0,
  macAddress: "",
  aliases: [],
  hostInterface: "",
};
