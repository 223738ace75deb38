/** One command line, run by docker's client and by ours against the same canned engine. */
import type { Context } from "mocha";
import { DOCKER, needsDocker, skipAloud } from "./docker-cli.ts";
import { startFakeEngine, type Answers, type RecordedRequest } from "./fake-engine.ts";
import { run, type RunResult } from "./process.ts";
import { slipway } from "./slipway-command.ts";

export interface Outcome extends RunResult {
  readonly requests: readonly RecordedRequest[];
}

/** Its words change from one release to the next: what is compared was written after those of 28. */
export async function needsDocker28(this: Context): Promise<void> {
  needsDocker.call(this);
  const { stdout } = await run(DOCKER ?? "docker", ["--version"]);
  if (!stdout.startsWith("Docker version 28.")) skipAloud(this, `the docker CLI is no 28: ${stdout.trim()}`);
}

export async function besideDocker(
  args: readonly string[],
  answers: Answers,
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly docker: Outcome; readonly slipway: Outcome }> {
  const [docker, ours] = await Promise.all([
    against(answers, (env) => run(DOCKER ?? "docker", args, { cwd: options.cwd, env: { ...options.env, ...env } })),
    against(answers, (env) => slipway(args, { cwd: options.cwd, env: { ...options.env, ...env } })),
  ]);
  return { docker, slipway: ours };
}

async function against(
  answers: Answers,
  command: (env: Record<string, string>) => Promise<RunResult>,
): Promise<Outcome> {
  await using engine = await startFakeEngine(answers);
  const env = { DOCKER_HOST: engine.host, DOCKER_CONFIG: engine.folder, DOCKER_CLI_HINTS: "false", TZ: "UTC" };
  const result = await command(env);
  const text = (value: string): string => value.replaceAll("slipway", "docker").replaceAll(engine.folder, "FOLDER");
  return { ...result, stdout: text(result.stdout), stderr: text(result.stderr), requests: [...engine.requests] };
}

/** Without what is empty, and lists in one order: docker's client keeps some of its flags in maps. */
export function essence(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(essence).filter((item) => item !== undefined);
    return items.length === 0
      ? undefined
      : items.sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  }
  if (typeof value !== "object" || value === null)
    return value === null || value === "" || value === 0 || value === false ? undefined : value;
  const entries = Object.entries(value)
    .map(([key, item]) => [key, essence(item)] as const)
    .filter(([key, item]) => item !== undefined && !(key === "MemorySwappiness" && item === -1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries.sort());
}
