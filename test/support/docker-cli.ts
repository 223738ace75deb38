/** The docker CLI, with only its environment pointing to the daemon under test. */
import type { Context } from "mocha";
import { existsSync } from "node:fs";
import type { TestDaemon } from "./daemon.ts";
import { run, runRaw, type RunOptions, type RunResult } from "./process.ts";
import { type Typing, underPty } from "./pty.ts";
import { within } from "./time-limit.ts";

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
const LIMIT_MS = 60_000;

export function docker(daemon: TestDaemon, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const signal = options.signal ?? within(LIMIT_MS);
  return run(DOCKER ?? "docker", args, { ...options, signal, env: { ...daemon.env, ...options.env } });
}

export function dockerRaw(daemon: TestDaemon, args: readonly string[], input: Buffer): ReturnType<typeof runRaw> {
  return runRaw(DOCKER ?? "docker", args, { input, env: daemon.env, signal: within(LIMIT_MS) });
}

/** Its output, trimmed. @throws when it ends with anything but 0. */
export async function dockerOk(daemon: TestDaemon, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await docker(daemon, args);
  if (code !== 0) throw new Error(`docker ${args.join(" ")} ended with ${code}: ${stderr}${stdout}`);
  return stdout.trim();
}

/** Under a pseudo-terminal of 40 x 100 (script(1)): both streams in one, line ends as `\n`. */
export async function dockerPty(
  daemon: TestDaemon,
  command: string,
  typing: readonly Typing[] = [],
): Promise<RunResult> {
  const { code, screen } = await underPty(`docker ${command}`, { env: daemon.env, typing, limitMs: LIMIT_MS });
  return { code, stdout: screen.replaceAll("\r\n", "\n"), stderr: "" };
}
