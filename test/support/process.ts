/** A child process as a value: what it printed and how it ended. */
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: Buffer | string;
  readonly cwd?: string;
  /** Ends it with SIGKILL. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  /** Exit code, or 128 + the number of the signal is not known here: -1 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runRaw(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ readonly code: number; readonly stdout: Buffer; readonly stderr: Buffer }> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    signal: options.signal,
    killSignal: "SIGKILL",
  });
  // A child that ends before it has read its input is no error of ours.
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? -1));
  });
  const [code, stdout, stderr] = await Promise.all([ended, buffer(child.stdout), buffer(child.stderr)]);
  return { code, stdout, stderr };
}

export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { code, stdout, stderr } = await runRaw(command, args, options);
  return { code, stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8") };
}

/** @throws when it ends with anything but 0. */
export async function output(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}: ${stderr}${stdout}`);
  return stdout.trim();
}

/**
 * Resolves with what matches, once a child has said it. What it says later is read and dropped: it never waits for its reader.
 * @param words with what follows them: what has come may end anywhere
 * @throws when the child ends before, with what it said.
 */
export async function said(stream: Readable, words: RegExp): Promise<RegExpExecArray> {
  let text = "";
  let match: RegExpExecArray | null = null;
  for await (const chunk of stream.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    text += chunk as string;
    match = words.exec(text);
    if (match !== null) break;
  }
  if (match === null) throw new Error(`ended before it said ${words}:\n${text}`);
  stream.resume();
  return match;
}
