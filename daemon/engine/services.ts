/**
 * What the API can ask of the engine. Names are resolved inside: `ref` is an id, a unique prefix of one, or a name.
 * Every method throws EngineError; the kinds that matter to a client are named.
 */
import type { Duplex, Readable } from "node:stream";
import type { ExitStatus } from "../base/exit-status.ts";
import type { Digest } from "../base/digest.ts";
import type { FileEntry } from "../linux/file-entry.ts";
import type { OpenedFile } from "../linux/rooted-files.ts";
import type { TaskStats } from "../runtime/runtime.ts";
import type { Container, ContainerSpec, EndpointRecord, EndpointSettings } from "./model/container.ts";
import type { EngineEvent } from "./model/event.ts";
import type { HistoryEntry, Image } from "./model/image.ts";
import type { NetworkRecord, NetworkWish } from "./model/network.ts";

export interface Engine {
  readonly containers: Containers;
  readonly execs: Execs;
  readonly images: Images;
  readonly volumes: Volumes;
  readonly networks: Networks;
  readonly events: Events;
  readonly system: System;
}

/** Filters as the API gives them: name → accepted values, already checked against the names that the endpoint knows. */
export type Filters = ReadonlyMap<string, readonly string[]>;

export interface Containers {
  /** @throws NotFound (image: "No such image: x"), Conflict (name taken), InvalidParameter. */
  create(
    name: string | undefined,
    spec: ContainerSpec,
    platform: string | undefined,
    signal?: AbortSignal,
  ): Promise<{ readonly id: string; readonly warnings: readonly string[] }>;
  get(ref: string): Container;
  /** Newest first. `size` asks for the writable tree's bytes too. */
  list(query: ListQuery, signal?: AbortSignal): Promise<readonly ListedContainer[]>;
  /** Bytes of the writable tree, and of it with the image. */
  size(ref: string, signal?: AbortSignal): Promise<{ readonly rw: number; readonly rootFs: number }>;
  /** Live facts that inspect shows beside the record. */
  details(ref: string): ContainerDetails;
  /** @throws NotModified when it runs. */
  start(ref: string, options: { readonly detachKeys?: string }, signal?: AbortSignal): Promise<void>;
  /** @throws NotModified when it does not run. `timeout` in seconds; -1 waits for ever. */
  stop(
    ref: string,
    options: { readonly signal?: string; readonly timeout?: number },
    signal?: AbortSignal,
  ): Promise<void>;
  restart(
    ref: string,
    options: { readonly signal?: string; readonly timeout?: number },
    signal?: AbortSignal,
  ): Promise<void>;
  /** @throws Conflict when it does not run; InvalidParameter for an unknown signal. */
  kill(ref: string, signal: string): Promise<void>;
  pause(ref: string): Promise<void>;
  unpause(ref: string): Promise<void>;
  rename(ref: string, name: string): Promise<void>;
  remove(
    ref: string,
    options: { readonly force: boolean; readonly volumes: boolean; readonly link: boolean },
    signal?: AbortSignal,
  ): Promise<void>;
  /**
   * Resolves when the condition holds. The outer promise settles as soon as the wait is in place, so that the API can send
   * its headers: a client that then starts the container cannot miss its end.
   */
  wait(
    ref: string,
    condition: WaitCondition,
    signal?: AbortSignal,
  ): Promise<{ readonly result: Promise<{ readonly code: number; readonly error?: string }> }>;
  /** `update`: limits and restart policy. */
  update(
    ref: string,
    change: Partial<Pick<ContainerSpec["host"], "resources" | "restartPolicy">>,
  ): Promise<{ readonly warnings: readonly string[] }>;
  /** Log lines and, with follow, those to come; ends when the container does. Framed by the API. */
  logs(
    ref: string,
    query: LogQuery,
    signal: AbortSignal,
  ): Promise<{ readonly tty: boolean; readonly lines: AsyncIterable<LogLine> }>;
  /**
   * Waits for nothing: a container that is not started yet can be attached to. `stream` carries Docker's frames (raw with
   * a TTY); ending its writable side closes stdin. Detach keys are seen by the engine.
   */
  attach(
    ref: string,
    options: AttachQuery,
    signal?: AbortSignal,
  ): Promise<{ readonly tty: boolean; readonly stream: Duplex }>;
  resize(ref: string, rows: number, columns: number): Promise<void>;
  top(
    ref: string,
    psArgs: string,
    signal?: AbortSignal,
  ): Promise<{ readonly titles: readonly string[]; readonly processes: readonly (readonly string[])[] }>;
  /** One sample, or undefined when it does not run. `previousCpu` rules are the API's. */
  stats(ref: string): Promise<StatsSample | undefined>;
  prune(
    filters: Filters,
    signal?: AbortSignal,
  ): Promise<{ readonly deleted: readonly string[]; readonly spaceReclaimed: number }>;
}

export interface ListQuery {
  readonly all: boolean;
  readonly limit?: number;
  readonly size: boolean;
  readonly filters: Filters;
}

export interface ListedContainer {
  readonly container: Container;
  /** How the image is called now: a familiar name, or the id's digest when it has none. */
  readonly imageName: string;
  readonly size?: { readonly rw: number; readonly rootFs: number };
}

export interface ContainerDetails {
  readonly imageName: string;
  readonly sandboxPath: string;
  readonly sandboxId: string;
  readonly endpoints: Readonly<Record<string, EndpointRecord>>;
  readonly execIds: readonly string[];
  readonly hostnamePath: string;
  readonly hostsPath: string;
  readonly resolvConfPath: string;
  readonly logPath: string;
  readonly apparmorProfile: string;
  /** Snapshot driver and its facts: GraphDriver of inspect. */
  readonly snapshot: { readonly driver: string; readonly data: Readonly<Record<string, string>> };
}

export type WaitCondition = "not-running" | "next-exit" | "removed";

export interface LogQuery {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly follow: boolean;
  /** Nanoseconds since the epoch. */
  readonly since?: bigint;
  readonly until?: bigint;
  /** Lines from the end; undefined is all. */
  readonly tail?: number;
}

export interface LogLine {
  readonly stream: "stdout" | "stderr";
  /** RFC 3339 with nanoseconds, as written by the shim. */
  readonly time: string;
  /** With its newline, where it had one. */
  readonly text: string;
}

export interface AttachQuery {
  readonly logs: boolean;
  readonly stream: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Docker's notation: `ctrl-p,ctrl-q`. */
  readonly detachKeys?: string;
}

export interface StatsSample {
  readonly id: string;
  readonly name: string;
  /** RFC 3339 with nanoseconds. */
  readonly readAt: string;
  readonly task: TaskStats;
  /** Nanoseconds of all host CPUs since boot, for the percentage. */
  readonly systemCpuNs: number;
  readonly onlineCpus: number;
  readonly networks: Readonly<Record<string, InterfaceCounters>>;
  /** Bytes the container may use: its limit or the host's memory. */
  readonly memoryLimit: number;
}

export interface InterfaceCounters {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

export interface Execs {
  /** @throws Conflict when the container does not run or is paused. */
  create(ref: string, spec: ExecSpec): Promise<string>;
  get(id: string): ExecRecord;
  /** Attached: the stream of its stdio. Detached: undefined, once it runs. */
  start(
    id: string,
    options: { readonly detach: boolean; readonly tty: boolean; readonly consoleSize?: readonly [number, number] },
    signal?: AbortSignal,
  ): Promise<{ readonly tty: boolean; readonly stream: Duplex | undefined }>;
  resize(id: string, rows: number, columns: number): Promise<void>;
}

export interface ExecSpec {
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly tty: boolean;
  readonly privileged: boolean;
  readonly attachStdin: boolean;
  readonly attachStdout: boolean;
  readonly attachStderr: boolean;
  readonly detachKeys?: string;
  readonly consoleSize?: readonly [rows: number, columns: number];
}

export interface ExecRecord {
  readonly id: string;
  readonly containerId: string;
  readonly spec: ExecSpec;
  readonly state:
    | { readonly status: "created" }
    | { readonly status: "running"; readonly pid: number }
    | { readonly status: "exited"; readonly exit: ExitStatus; readonly pid: number };
}

/** Progress of a pull, push or load, one a change. The API turns it into Docker's JSON stream. */
export type Progress =
  | { readonly kind: "status"; readonly id?: string; readonly status: string }
  | {
      readonly kind: "progress";
      readonly id: string;
      readonly status: string;
      readonly current: number;
      readonly total?: number;
    }
  /** A plain line, as `load` prints. */
  | { readonly kind: "stream"; readonly text: string }
  /** Machine-readable result: the digest and size of a push. */
  | { readonly kind: "aux"; readonly value: Readonly<Record<string, unknown>> };

/** Decoded X-Registry-Auth (or its identity token). */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
  readonly serverAddress?: string;
}

export interface Images {
  /** @throws NotFound ("pull access denied …", "manifest … not found"), Unauthorized, Unavailable. Awaiting the iterator is the back-pressure. */
  pull(
    reference: string,
    options: { readonly platform?: string; readonly credentials?: Credentials },
    signal: AbortSignal,
  ): AsyncIterable<Progress>;
  push(
    reference: string,
    options: { readonly credentials?: Credentials; readonly platform?: string },
    signal: AbortSignal,
  ): AsyncIterable<Progress>;
  load(archive: Readable, options: { readonly quiet: boolean }, signal: AbortSignal): AsyncIterable<Progress>;
  /** docker-archive with an OCI layout in the same tar, as Docker >= 25 writes. Names are checked before the stream is returned. */
  save(references: readonly string[], signal: AbortSignal): Promise<Readable>;
  import(
    archive: Readable,
    options: {
      readonly repository?: string;
      readonly tag?: string;
      readonly message?: string;
      readonly changes: readonly string[];
      readonly platform?: string;
    },
    signal: AbortSignal,
  ): AsyncIterable<Progress>;
  list(query: { readonly all: boolean; readonly filters: Filters }): readonly ListedImage[];
  get(ref: string): Image;
  history(
    ref: string,
  ): readonly (HistoryEntry & { readonly id: string; readonly tags: readonly string[]; readonly size: number })[];
  tag(ref: string, repository: string, tag: string): Promise<void>;
  /** @throws Conflict when a container uses it (running: even with force) or several repositories name its id. */
  remove(
    ref: string,
    options: { readonly force: boolean; readonly prune: boolean },
  ): Promise<readonly ({ readonly untagged: string } | { readonly deleted: string })[]>;
  prune(
    filters: Filters,
    signal?: AbortSignal,
  ): Promise<{
    readonly deleted: readonly ({ readonly untagged: string } | { readonly deleted: string })[];
    readonly spaceReclaimed: number;
  }>;
  /** `POST /auth`. @throws Unauthorized with the registry's words. */
  login(
    credentials: Credentials,
    signal?: AbortSignal,
  ): Promise<{ readonly status: string; readonly identityToken: string }>;
  /** `GET /distribution/{name}/json`. */
  distribution(
    reference: string,
    credentials: Credentials | undefined,
    signal?: AbortSignal,
  ): Promise<{
    readonly mediaType: string;
    readonly digest: Digest;
    readonly size: number;
    readonly platforms: readonly { readonly architecture: string; readonly os: string; readonly variant?: string }[];
  }>;
}

export interface ListedImage {
  readonly image: Image;
  /** Containers of any state that were made from it. */
  readonly containers: number;
}

export interface Volume {
  readonly name: string;
  readonly driver: "local";
  readonly mountpoint: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  readonly anonymous: boolean;
}

export interface Volumes {
  /** Idempotent for the same driver and options, as Docker's. @throws InvalidParameter for a bad name or an unknown driver. */
  create(options: {
    readonly name?: string;
    readonly driver?: string;
    readonly driverOpts?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  }): Promise<Volume>;
  get(name: string): Volume;
  list(filters: Filters): readonly Volume[];
  /** @throws Conflict "volume is in use - [ids]". */
  remove(name: string, force: boolean): Promise<void>;
  prune(filters: Filters): Promise<{ readonly deleted: readonly string[]; readonly spaceReclaimed: number }>;
  usage(name: string, signal?: AbortSignal): Promise<{ readonly size: number; readonly refCount: number }>;
  /** Its files, used by a container or not, until they are disposed. @throws NotFound; "error while mounting volume …". */
  openFiles(name: string, signal?: AbortSignal): Promise<Files>;
}

export type { FileEntry } from "../linux/file-entry.ts";

/**
 * The files below a root, whoever changes them meanwhile. Paths count from the root, absolute or not; no link and no `..` leads out
 * of it. Every method throws NotFound for what is not there, Conflict for a name that is taken, InvalidParameter for
 * a path of the wrong kind, Forbidden where the file system refuses.
 */
export interface Files extends AsyncDisposable {
  /** `follow`: of a link's target and not of itself. */
  stat(path: string, options: { readonly follow: boolean }): FileEntry;
  /** Of a directory, in no order. */
  list(path: string): AsyncIterable<FileEntry>;
  /** A regular file. */
  read(path: string): OpenedFile;
  /** Replaced whole when all of `source` is there; a write that fails changes nothing. Owner and mode stay unless told. */
  write(
    path: string,
    source: Readable,
    options: { readonly mode?: number; readonly uid?: number; readonly gid?: number },
    signal?: AbortSignal,
  ): Promise<FileEntry>;
  /** `parents`: with those on the way, and content with one that is there. */
  makeDirectory(path: string, options: { readonly mode: number; readonly parents: boolean }): void;
  rename(from: string, to: string, options: { readonly replace: boolean }): void;
  remove(path: string, options: { readonly recursive: boolean }, signal?: AbortSignal): Promise<void>;
  /** A directory as a tar stream with owners, modes, times, attributes and holes. It fails when it cannot be whole. */
  export(path: string): Readable;
  /** Writes a tar stream (plain, gzip, zstd) into a directory. Nothing of it leads out. @throws InvalidParameter. */
  import(path: string, archive: Readable, signal?: AbortSignal): Promise<void>;
}

export type { IpamPool, NetworkRecord, NetworkWish } from "./model/network.ts";

export interface Networks {
  get(ref: string): NetworkRecord;
  list(filters: Filters): readonly NetworkRecord[];
  /** Endpoints of running containers on it, by container id. */
  members(ref: string): Readonly<Record<string, { readonly name: string; readonly endpoint: EndpointRecord }>>;
  /**
   * Makes a bridge network, with its bridge.
   * @throws Conflict "network with name x already exists", Forbidden (predefined names, "Pool overlaps with other one on this
   *   address space"), InvalidParameter ("invalid network config: …"), NotFound (`plugin "x" not found`), NotImplemented.
   */
  create(wish: NetworkWish): Promise<{ readonly id: string; readonly warnings: readonly string[] }>;
  /** @throws Forbidden when it is predefined or has active endpoints; NotFound. */
  remove(ref: string): Promise<void>;
  /**
   * Joins a container to one more network: at once when it runs, with its next start otherwise. Settings of a network that it
   * is to join already are replaced while it does not run.
   * @throws Forbidden (there already, or host, none and container: networks), InvalidParameter (addresses, aliases), NotFound.
   */
  connect(ref: string, container: string, settings: EndpointSettings): Promise<void>;
  /**
   * @param force also where the container is not known any more: nothing to do then.
   * @throws NotFound when it is not on that network, Forbidden for the host's.
   */
  disconnect(ref: string, container: string, force: boolean): Promise<void>;
  /** Networks of the user that no running container is on. Filters `until` and `label`, `label!`. @returns names. */
  prune(filters: Filters): Promise<readonly string[]>;
}

export interface Events {
  /**
   * Past events since `since`, then live ones until `until` or the signal. Both in nanoseconds. The subscription is in place
   * when the promise settles.
   */
  subscribe(
    query: { readonly since?: bigint; readonly until?: bigint; readonly filters: Filters },
    signal: AbortSignal,
  ): Promise<AsyncIterable<EngineEvent>>;
}

/** Facts for `version`, `info` and `system/df`, true of this host at the moment of the call. */
export interface System {
  version(): VersionFacts;
  info(): Promise<InfoFacts>;
  diskUsage(signal?: AbortSignal): Promise<DiskUsage>;
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

export interface DiskUsage {
  readonly layersSize: number;
  readonly images: readonly (ListedImage & { readonly sharedSize: number })[];
  readonly containers: readonly ListedContainer[];
  readonly volumes: readonly (Volume & { readonly size: number; readonly refCount: number })[];
}
