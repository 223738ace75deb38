/** A registry that lists two repositories and a tag of the first, in one of its moods. */
import type { TestDaemon } from "../../support/daemon.ts";
import { ProgramInNetns } from "./program-in-netns.ts";

const PORT = 5997;

export type Mood = "well" | "unauthorized" | "busy" | "rubbish" | "silent";

export class MoodyRegistry implements AsyncDisposable {
  readonly address = `127.0.0.1:${PORT}`;
  readonly #program: ProgramInNetns;

  private constructor(program: ProgramInNetns) {
    this.#program = program;
  }

  /** It is well at first. */
  static async start(daemon: TestDaemon): Promise<MoodyRegistry> {
    return new MoodyRegistry(await ProgramInNetns.start(daemon, "moody-registry-program.ts", String(PORT)));
  }

  /** From now on. */
  async be(mood: Mood): Promise<void> {
    await this.#program.tell(mood);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}
