/** A runtime of its own on a hand-made bundle: no engine, no API. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { silent } from "../../daemon/base/logger.ts";
import type { Cgroup } from "../../daemon/linux/cgroups/cgroup.ts";
import { createCgroupOpener } from "../../daemon/linux/cgroups/open-cgroup.ts";
import { buildSpec } from "../../daemon/oci/spec/build-spec.ts";
import type { OciSpec } from "../../daemon/oci/runtime-spec.ts";
import type { HostInput, SpecFacts, SpecInput } from "../../daemon/oci/spec/input.ts";
import type { ExecProcess, Runtime, Task, TaskOptions } from "../../daemon/runtime/runtime.ts";
import { createRuntime } from "../../daemon/runtime/shim-runtime.ts";
import { Bundle, specInput } from "../conformance/bundle.ts";
import { hostSpecFacts } from "../conformance/facts.ts";
import { ROOT } from "./source-tree.ts";

export const SHIM = join(ROOT, "sdk/dist/slipway-shim");

export interface TaskChange extends Partial<Omit<TaskOptions, "log">> {
  readonly args?: readonly string[];
  readonly input?: Partial<SpecInput>;
  readonly host?: Partial<HostInput>;
  readonly log?: Partial<TaskOptions["log"]>;
}

/** The last bytes of a path that is longer than a socket's address may be (unix(7): 108). */
const LONG = "a-long-name-".repeat(9);

export class TestRuntime implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), "slipway-runtime-"));
  readonly execRoot = join(this.root, LONG);
  readonly log = join(this.root, "json.log");
  readonly bundle = new Bundle();
  readonly openCgroup = createCgroupOpener();
  readonly runtime: Runtime;
  readonly #facts: SpecFacts;

  private constructor(facts: SpecFacts) {
    this.#facts = facts;
    mkdirSync(this.execRoot);
    this.runtime = this.connect();
  }

  static async create(): Promise<TestRuntime> {
    return new TestRuntime(await hostSpecFacts());
  }

  /** Another daemon, so to speak, over the same exec-root. */
  connect(): Runtime {
    return createRuntime({
      execRoot: this.execRoot,
      shim: process.env["SLIPWAY_TEST_SHIM"] ?? SHIM,
      runtimes: { runc: execFileSync("which", ["runc"], { encoding: "utf8" }).trim() },
      defaultRuntime: "runc",
      systemdCgroup: false,
      openCgroup: this.openCgroup,
      log: silent,
    });
  }

  spec({ args = ["true"], tty = false, input = {}, host = {} }: TaskChange): { readonly id: string; spec: OciSpec } {
    const base = specInput(this.#facts, input, host);
    const process = { ...base.process, args, tty, ...input.process };
    return { id: base.id, spec: buildSpec({ ...base, rootfs: this.bundle.rootfs, process }).spec };
  }

  create(change: TaskChange): Promise<Task> {
    const { id, spec } = this.spec(change);
    const { stdin = false, stdinOnce = false, tty = false, log, consoleSize } = change;
    return this.runtime.create({
      id,
      spec: change.spec ?? spec,
      runtime: "",
      stdin,
      stdinOnce,
      tty,
      ...(consoleSize !== undefined && { consoleSize }),
      log: { path: this.log, maxSize: 0, maxFiles: 1, ...log },
    });
  }

  cgroupOf(task: Task): Cgroup {
    return this.openCgroup(`/slipway/${task.id}`, { systemd: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of await this.runtime.list()) await this.runtime.cleanup(id);
    this.bundle[Symbol.dispose]();
    rmSync(this.root, { recursive: true });
  }
}

export const BOTH = { stdin: false, stdout: true, stderr: true };

export function execOf(change: Partial<ExecProcess> = {}): ExecProcess {
  return {
    id: "exec",
    args: ["true"],
    env: ["PATH=/bin", "HOME=/root"],
    cwd: "/",
    uid: 0,
    gid: 0,
    additionalGids: [],
    tty: false,
    stdin: false,
    capabilities: [],
    noNewPrivileges: false,
    attach: BOTH,
    ...change,
  };
}

/** What a client reads on each stream of Docker's frames. */
export function demux(bytes: Buffer): { readonly stdout: string; readonly stderr: string } {
  const out: [Buffer[], Buffer[]] = [[], []];
  for (let at = 0; at < bytes.length;) {
    const size = bytes.readUInt32BE(at + 4);
    out[bytes[at] === 2 ? 1 : 0].push(bytes.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  return { stdout: Buffer.concat(out[0]).toString(), stderr: Buffer.concat(out[1]).toString() };
}

/** The shim works in its task's folder. */
export function shimOf(host: TestRuntime, task: Task): number {
  const folder = join(host.execRoot, "tasks", task.id);
  const pid = readdirSync("/proc").find((name) => /^\d+$/.test(name) && workingFolder(name) === folder);
  return Number(pid ?? 0);
}

function workingFolder(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // it is gone
  }
}

/** Hands over the payload of Docker's frames as they come. */
export async function readFrames(stream: Duplex, take: (payload: Buffer) => void): Promise<void> {
  let left = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      if (left === 0) {
        if (rest.length < 8) break;
        left = rest.readUInt32BE(4);
        rest = rest.subarray(8);
      }
      const part = rest.subarray(0, left);
      if (part.length === 0) break;
      take(part);
      left -= part.length;
      rest = rest.subarray(part.length);
    }
  }
}
