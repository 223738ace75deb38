import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TestDaemon } from "../../support/daemon.ts";

/** A program of the tests in a daemon's network namespace, where the engine and the editor are. It says a line when it is ready. */
export class ProgramInNetns implements AsyncDisposable {
  readonly lines: Interface;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    this.lines = lines;
  }

  /** @param file beside this one */
  static async start(daemon: TestDaemon, file: string, ...args: readonly string[]): Promise<ProgramInNetns> {
    const program = fileURLToPath(new URL(file, import.meta.url));
    const child = spawn("nsenter", [`--net=/run/netns/${daemon.netns}`, process.execPath, program, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout });
    await once(lines, "line");
    return new ProgramInNetns(child, lines);
  }

  /** Resolves when it has said a line about it. */
  async tell(line: string): Promise<void> {
    const heard = once(this.lines, "line");
    this.#child.stdin?.write(`${line}\n`);
    await heard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill();
    await ended;
  }
}
