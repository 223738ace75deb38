/** Docker's own daemon, where the machine has one, on roots and in a network namespace of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { output, said } from "./process.ts";

/** Where `dockerd` is, or undefined. */
export function findDockerd(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(":");
  return folders.map((folder) => join(folder, "dockerd")).find((path) => existsSync(path));
}

export class Dockerd implements AsyncDisposable {
  readonly root: string;
  readonly socket: string;
  readonly #child: ChildProcess;

  private constructor(root: string, child: ChildProcess) {
    this.root = root;
    this.socket = join(root, "docker.sock");
    this.#child = child;
  }

  static async start(program: string): Promise<Dockerd> {
    const root = await mkdtemp(join(tmpdir(), "slipway-dockerd-"));
    const netns = basename(root);
    await output("ip", ["netns", "add", netns]);
    await output("nsenter", [`--net=/run/netns/${netns}`, "ip", "link", "set", "lo", "up"]);
    const roots = [
      "--data-root",
      join(root, "data"),
      "--exec-root",
      join(root, "exec"),
      "--pidfile",
      join(root, "pid"),
    ];
    const args = [...roots, "--storage-driver", "overlay2", "-H", `unix://${join(root, "docker.sock")}`];
    // nsenter, not `ip netns exec`: that remounts /sys and hides the cgroups.
    const child = spawn("nsenter", [`--net=/run/netns/${netns}`, program, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const dockerd = new Dockerd(root, child);
    await using undo = new AsyncDisposableStack();
    undo.use(dockerd);
    await said(child.stderr, /API listen on/);
    undo.move();
    return dockerd;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, "exit");
      this.#child.kill("SIGTERM");
      await ended;
    }
    await output("ip", ["netns", "del", basename(this.root)]);
    await rm(this.root, { recursive: true, force: true });
  }
}
