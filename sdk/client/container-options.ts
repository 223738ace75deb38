import type { TerminalSize } from "./process.ts";

/** What a container is made from. Only `image` must be there; the rest is the image's or the engine's own. */
export interface ContainerOptions {
  /** Name or id. */
  readonly image: string;
  /** `linux/arm64`. */
  readonly platform?: string;
  /** Without it the engine makes one up. */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;

  /** What runs: after the entry point, instead of the image's command. */
  readonly command?: readonly string[];
  /** Instead of the image's; [] for none. */
  readonly entrypoint?: readonly string[];
  /** Added to the image's. */
  readonly env?: Readonly<Record<string, string>>;
  /** `user[:group]`, names or numbers. */
  readonly user?: string;
  /** More groups, names or numbers. */
  readonly groups?: readonly string[];
  /** Absolute path in the container. */
  readonly workingDir?: string;
  /** Opens its standard input; it closes when we end it. */
  readonly stdin?: boolean;
  /** Gives it a terminal of this size, or of the engine's choice. */
  readonly tty?: boolean | TerminalSize;
  /** An init that forwards signals and reaps orphans. */
  readonly init?: boolean;
  /** Sent by `stop`: `SIGTERM`, `15`. */
  readonly stopSignal?: string;
  /** Seconds from that signal to SIGKILL. */
  readonly stopTimeout?: number;
  readonly restart?: RestartOptions;
  /** The engine removes it when it ends. */
  readonly autoRemove?: boolean;
  readonly healthcheck?: HealthcheckOptions;
  readonly log?: { readonly driver: string; readonly options?: Readonly<Record<string, string>> };

  readonly mounts?: readonly MountOptions[];
  /** The root read-only; mounts are not. */
  readonly readOnly?: boolean;
  /** Bytes of /dev/shm. */
  readonly shmSize?: number;

  /** `bridge`, `none`, `host`, `container:NAME` or a network's name. */
  readonly network?: string;
  /** Further names on that network. */
  readonly networkAliases?: readonly string[];
  readonly hostname?: string;
  /** Ports that the host listens on for it. */
  readonly publish?: readonly PublishedPort[];
  readonly dns?: readonly string[];
  /** More lines of /etc/hosts: name to address; `host-gateway` is the host. */
  readonly extraHosts?: Readonly<Record<string, string>>;

  readonly limits?: LimitOptions;
  readonly security?: SecurityOptions;
}

export interface RestartOptions {
  readonly policy: "no" | "always" | "unless-stopped" | "on-failure";
  /** For `on-failure`. */
  readonly maxRetries?: number;
}

/** Times in milliseconds. */
export interface HealthcheckOptions {
  /** A command line for the shell, or words that are run as they are. */
  readonly test: string | readonly string[];
  readonly interval?: number;
  readonly timeout?: number;
  readonly startPeriod?: number;
  readonly startInterval?: number;
  readonly retries?: number;
}

export type MountOptions =
  | {
      readonly type: "bind";
      /** Absolute path on the engine's host; it must be there. */
      readonly source: string;
      readonly target: string;
      readonly readOnly?: boolean;
      readonly propagation?: "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave";
    }
  | {
      readonly type: "volume";
      /** Name; it is made when it is not there. Without one an anonymous volume. */
      readonly source?: string;
      readonly target: string;
      readonly readOnly?: boolean;
      /** Leaves a new volume empty, instead of filling it with what the image has at `target`. */
      readonly noCopy?: boolean;
    }
  | {
      readonly type: "tmpfs";
      readonly target: string;
      /** Bytes. */
      readonly size?: number;
      /** Permission bits: `0o1777`. */
      readonly mode?: number;
    };

export interface PublishedPort {
  readonly container: number;
  readonly protocol?: "tcp" | "udp" | "sctp";
  /** Any free port without it; `inspect` tells which. */
  readonly host?: number;
  /** Address of the host that listens; all of them without it. */
  readonly address?: string;
}

export interface LimitOptions {
  /** Bytes. */
  readonly memory?: number;
  /** Bytes of memory and swap together; -1 is without end. */
  readonly memorySwap?: number;
  /** Bytes that are left to it when memory is short. */
  readonly memoryReservation?: number;
  /** Processors: `1.5`. */
  readonly cpus?: number;
  /** Relative weight; 1024 is everybody's. */
  readonly cpuShares?: number;
  /** Which processors: `0-2,4`. */
  readonly cpuset?: string;
  /** Processes and threads. */
  readonly pids?: number;
  /** By their names in getrlimit(2), in lower case without RLIMIT_; -1 is no limit. */
  readonly ulimits?: Readonly<Record<string, number | { readonly soft: number; readonly hard: number }>>;
}

export interface SecurityOptions {
  readonly privileged?: boolean;
  /** `NET_ADMIN`, `ALL` */
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  /** In Docker's notation: `no-new-privileges`, `seccomp=unconfined`. */
  readonly options?: readonly string[];
  readonly devices?: readonly { readonly host: string; readonly container?: string; readonly permissions?: string }[];
  readonly sysctls?: Readonly<Record<string, string>>;
}
