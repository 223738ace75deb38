import type { Health } from "../model/health.ts";
import type { Duplex } from "node:stream";
import type { TaskStats } from "../../runtime/runtime.ts";
import type { Container, ContainerSpec, EndpointRecord } from "../model/container.ts";
import type { Filters } from "./filters.ts";

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
  /** What links of others call it: `/web/db`. */
  readonly linkNames: readonly string[];
  readonly size?: { readonly rw: number; readonly rootFs: number };
}

export interface ContainerDetails {
  /** `/db:/web/db`: what links lead to, and what they call it. */
  readonly links: readonly string[];
  readonly imageName: string;
  readonly sandboxPath: string;
  readonly sandboxId: string;
  readonly endpoints: Readonly<Record<string, EndpointRecord>>;
  /** Undefined: it has no check. */
  readonly health: Health | undefined;
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
