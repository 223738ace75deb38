import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../base/errors.ts";
import { encodeSpec } from "../oci/spec/encode-spec.ts";
import type { OciSpec } from "../oci/runtime-spec.ts";

/** What must be known to clear away what a task left, whatever became of everything else. */
export interface TaskRecord {
  readonly cgroupsPath: string;
  /** A name in `runtimes`. */
  readonly runtime: string;
  /** Only the runtime itself can run them when the container is deleted. */
  readonly hooks: boolean;
}

/**
 * The files of one task, below exec-root; all of them belong to this boot of the machine:
 *
 *   tasks/<id>/         0700, working folder of the shim and of runc
 *     task.json         TaskRecord; first of all, so that a crash at any later point can be cleared away
 *     config.json       the bundle
 *     shim.sock         0600, see shim/PROTOCOL.md
 *     console.sock      while a terminal is being handed over
 *     runc.log          why runc refused
 *     pid               of the init, written by runc
 *     exit              how it ended, written by the shim
 *   runc/<runtime>/<id>/   runc's own state
 */
export class TaskFolder {
  readonly path: string;
  /** runc's `--root`. */
  readonly stateRoot: (runtime: string) => string;

  constructor(execRoot: string, id: string) {
    this.path = join(execRoot, "tasks", id);
    this.stateRoot = (runtime) => join(execRoot, "runc", runtime);
  }

  /** @throws EEXIST when something is left of an earlier task. */
  create(spec: OciSpec, record: TaskRecord): void {
    mkdirSync(this.path, { mode: 0o700 });
    this.#write("task.json", JSON.stringify(record));
    this.#write("config.json", encodeSpec(spec));
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text, { mode: 0o600 });
  }

  /** undefined when there is no task, or none that got as far as to make anything else. */
  record(): TaskRecord | undefined {
    try {
      return JSON.parse(this.read("task.json") ?? "") as TaskRecord;
    } catch {
      return undefined; // a crash while it was written: nothing came after it
    }
  }

  /** What runc was asked to run, and whether it got as far as a process. */
  wasStarted(): boolean {
    return (this.read("pid") ?? "") !== "";
  }

  read(name: string): string | undefined {
    try {
      return readFileSync(join(this.path, name), "utf8");
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }
}
