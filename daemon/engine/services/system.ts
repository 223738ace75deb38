import type { ListedContainer } from "./containers.ts";
import type { ListedImage } from "./images.ts";
import type { Volume } from "./volumes.ts";

/** Facts for `version`, `info` and `system/df`, true of this host at the moment of the call. */
export interface System {
  version(): VersionFacts;
  info(): Promise<InfoFacts>;
  /** Of what is asked for alone: sizes are counted file by file. */
  diskUsage(kinds: ReadonlySet<DiskUsageKind>, signal?: AbortSignal): Promise<DiskUsage>;
}

export interface VersionFacts {
  readonly version: string;
  readonly gitCommit: string;
  /** RFC 3339. */
  readonly buildTime: string;
  readonly nodeVersion: string;
  readonly os: "linux";
  /** Go's names: amd64, arm64. */
  readonly arch: string;
  readonly kernelVersion: string;
  readonly runcVersion: string;
  readonly runcCommit: string;
}

export interface InfoFacts extends VersionFacts {
  readonly id: string;
  readonly name: string;
  readonly rootDir: string;
  readonly containers: {
    readonly total: number;
    readonly running: number;
    readonly paused: number;
    readonly stopped: number;
  };
  readonly images: number;
  readonly storage: { readonly driver: string; readonly status: readonly (readonly [string, string])[] };
  readonly cgroupDriver: "cgroupfs" | "systemd";
  readonly cgroupVersion: 1 | 2;
  readonly limits: {
    readonly memory: boolean;
    readonly swap: boolean;
    readonly cpuCfs: boolean;
    readonly cpuShares: boolean;
    readonly cpuSet: boolean;
    readonly pids: boolean;
    readonly oomKillDisable: boolean;
  };
  readonly ipv4Forwarding: boolean;
  readonly operatingSystem: string;
  readonly osVersion: string;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  /** Docker's notation: `name=seccomp,profile=builtin`. */
  readonly securityOptions: readonly string[];
  readonly runtimes: Readonly<Record<string, string>>;
  readonly defaultRuntime: string;
  readonly registryMirrors: readonly string[];
  readonly insecureRegistries: readonly string[];
  readonly labels: readonly string[];
  readonly warnings: readonly string[];
  readonly eventListeners: number;
  readonly openFiles: number;
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
  readonly debug: boolean;
}

export type DiskUsageKind = "image" | "container" | "volume";

/** Sizes in bytes. What was not asked for is undefined. */
export interface DiskUsage {
  /** Of all unpacked layers, each once. */
  readonly layersSize: number | undefined;
  readonly images: readonly (ListedImage & { readonly sharedSize: number })[] | undefined;
  readonly containers: readonly ListedContainer[] | undefined;
  readonly volumes: readonly (Volume & { readonly size: number; readonly refCount: number })[] | undefined;
}
