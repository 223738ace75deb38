import type { Duplex } from "node:stream";
import type { ExitStatus } from "../../base/exit-status.ts";

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
