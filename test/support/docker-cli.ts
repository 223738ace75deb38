/** The docker CLI, with only its environment pointing to the daemon under test. */
import type { Context } from "mocha";
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
const LIMIT_MS = 60_000;

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

/** Under a pseudo-terminal (script(1)); both streams come as one, with the terminal's line ends taken off. */
export async function dockerPty(daemon: TestDaemon, command: string, input = ""): Promise<RunResult> {
  const line = `stty rows 40 cols 100; docker ${command}`;
  const signal = AbortSignal.timeout(LIMIT_MS);
  const result = await run("script", ["-qec", line, "/dev/null"], { env: daemon.env, input, signal });
  return { ...result, stdout: result.stdout.replaceAll("\r\n", "\n") };
}
