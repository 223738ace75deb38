/** A registry whose only layer never comes to its end: for pulls that are cancelled. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TestDaemon } from "../../support/daemon.ts";

const PORT = 5998;

export class SlowRegistry implements AsyncDisposable {
  readonly address = `127.0.0.1:${PORT}`;
  /** Resolves when who pulled has hung up. */
  readonly abandoned: Promise<void>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    this.abandoned = new Promise((resolve) => lines.on("line", (line) => line === "abandoned" && resolve()));
  }

  static async start(daemon: TestDaemon): Promise<SlowRegistry> {
    const program = fileURLToPath(new URL("slow-registry-program.ts", import.meta.url));
    const command = [`--net=/run/netns/${daemon.netns}`, process.execPath, program, String(PORT)];
    const child = spawn("nsenter", command, { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    const registry = new SlowRegistry(child, lines);
    await once(lines, "line");
    return registry;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill();
    await ended;
  }
}
