/** The docker CLI, with only its environment pointing to the daemon under test. */
import type { Context } from "mocha";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { TestDaemon } from "./daemon.ts";
import { run, runRaw, type RunOptions, type RunResult } from "./process.ts";

export const DOCKER = (process.env["PATH"] ?? "")
  .split(":")
  .map((folder) => `${folder}/docker`)
  .find((path) => existsSync(path));

/** For a suite that needs the docker CLI: where there is none it is skipped, and says so. */
export function needsDocker(this: Context): void {
  if (DOCKER === undefined) skipAloud(this, "there is no docker CLI on this machine");
}

/** Skips with the reason in the title, so that it is in the list at the end of `npm test`. */
export function skipAloud(context: Context, reason: string): never {
  for (const test of context.test?.parent?.tests ?? []) test.title += ` (${reason})`;
  return context.skip();
}

/** A call that hangs is ended and fails. Milliseconds. */
const LIMIT_MS = 60_000 * Number(process.env["SLIPWAY_TEST_SLOWNESS"] ?? 1);

export function docker(daemon: TestDaemon, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const signal = options.signal ?? AbortSignal.timeout(LIMIT_MS);
  return run(DOCKER ?? "docker", args, { ...options, signal, env: { ...daemon.env, ...options.env } });
}

export function dockerRaw(daemon: TestDaemon, args: readonly string[], input: Buffer): ReturnType<typeof runRaw> {
  return runRaw(DOCKER ?? "docker", args, { input, env: daemon.env, signal: AbortSignal.timeout(LIMIT_MS) });
}

/** Its output, trimmed. @throws when it ends with anything but 0. */
export async function dockerOk(daemon: TestDaemon, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await docker(daemon, args);
  if (code !== 0) throw new Error(`docker ${args.join(" ")} ended with ${code}: ${stderr}${stdout}`);
  return stdout.trim();
}

/** What is typed, and what must be on the screen before it is. */
export type Typing = readonly [awaited: string, typed: string];

/** Under a pseudo-terminal of 40 x 100 (script(1)): both streams in one, line ends as `\n`. */
export async function dockerPty(
  daemon: TestDaemon,
  command: string,
  typing: readonly Typing[] = [],
): Promise<RunResult> {
  const child = spawn("script", ["-qec", `stty rows 40 cols 100; docker ${command}`, "/dev/null"], {
    env: { ...process.env, ...daemon.env },
    stdio: ["pipe", "pipe", "inherit"],
    signal: AbortSignal.timeout(LIMIT_MS),
    killSignal: "SIGKILL",
  });
  const closed = once(child, "close") as Promise<[number | null]>;
  let screen = "";
  let seen = 0;
  const left = [...typing];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    typeNext();
  });
  function typeNext(): void {
    const next = left[0];
    if (next === undefined || !screen.includes(next[0], seen)) return;
    left.shift();
    seen = screen.length;
    child.stdin.write(next[1]);
    typeNext();
  }
  typeNext();
  const [code] = await closed;
  // An open input keeps script(1) from typing an end of file of its own.
  child.stdin.end();
  return { code: code ?? -1, stdout: screen.replaceAll("\r\n", "\n"), stderr: "" };
}
