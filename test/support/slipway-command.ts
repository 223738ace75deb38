/** The `slipway` command in this process, with streams that are read as text. */
import { PassThrough, Writable } from "node:stream";
import { runProgram } from "../../sdk/cli/program.ts";
import type { RunResult } from "./process.ts";

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Buffer;
  readonly cwd?: string;
}

export async function slipway(args: readonly string[], options: CommandOptions = {}): Promise<RunResult> {
  const stdout = new Collector();
  const stderr = new Collector();
  const input = new PassThrough();
  input.end(options.input ?? "");
  const code = await runProgram(args, {
    env: { HOME: "/nonexistent", ...options.env },
    stdin: input,
    stdout,
    stderr,
    cwd: () => options.cwd ?? process.cwd(),
    exit: (status) => {
      throw new Error(`the command wanted to end with ${status}`);
    },
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Collector extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString("utf8");
    done();
  }
}
