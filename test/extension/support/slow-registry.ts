/** A registry whose only layer never comes to its end: for pulls that are cancelled. */
import type { TestDaemon } from "../../support/daemon.ts";
import { ProgramInNetns } from "./program-in-netns.ts";

const PORT = 5998;

export class SlowRegistry implements AsyncDisposable {
  readonly address = `127.0.0.1:${PORT}`;
  /** Resolves when who pulled has hung up. */
  readonly abandoned: Promise<void>;
  readonly #program: ProgramInNetns;

  private constructor(program: ProgramInNetns) {
    this.#program = program;
    this.abandoned = new Promise((resolve) => program.lines.on("line", (line) => line === "abandoned" && resolve()));
  }

  static async start(daemon: TestDaemon): Promise<SlowRegistry> {
    return new SlowRegistry(await ProgramInNetns.start(daemon, "slow-registry-program.ts", String(PORT)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}
