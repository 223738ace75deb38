import { EngineError } from "../../base/errors.ts";
import { mergeHealthcheck } from "../health/healthcheck.ts";
import type { ContainerSpec, ResolvedProcess } from "../model/container.ts";
import type { RunDefaults } from "../model/image.ts";

const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The user's wishes over the image's defaults, by Docker's rules: an entrypoint given by the user drops the image's cmd.
 * @throws EngineError InvalidParameter when nothing says what to run.
 */
export function resolveProcess(spec: ContainerSpec, image: RunDefaults): ResolvedProcess {
  const ownEntrypoint = spec.entrypoint !== undefined && spec.entrypoint.length > 0;
  // `--entrypoint ""` arrives as [""]: no entrypoint at all, not even the image's.
  const cleared = spec.entrypoint?.length === 1 && spec.entrypoint[0] === "";
  const entrypoint = cleared ? undefined : ownEntrypoint ? spec.entrypoint : image.entrypoint;
  const ownCmd = spec.cmd !== undefined && spec.cmd.length > 0;
  const cmd = ownCmd ? spec.cmd : ownEntrypoint ? undefined : image.cmd;
  const args = [...(entrypoint ?? []), ...(cmd ?? [])];
  if (args.length === 0) throw new EngineError("InvalidParameter", "no command specified");
  return {
    args,
    env: mergeEnv(image.env, spec.env),
    cwd: spec.workingDir || image.workingDir || "/",
    user: spec.user || image.user,
    stopSignal: spec.stopSignal ?? image.stopSignal ?? "SIGTERM",
    entrypoint,
    cmd,
    labels: { ...image.labels, ...spec.labels },
    healthcheck: mergeHealthcheck(spec.healthcheck, image.healthcheck),
    shell: image.shell,
  };
}

/** What the process gets beside the container's own environment, which wins: PATH, HOSTNAME and, with a terminal, TERM. */
export function processEnv(
  process: ResolvedProcess,
  hostname: string,
  tty: boolean,
  home: string,
  links: readonly string[] = [],
): readonly string[] {
  const base = [DEFAULT_PATH, `HOSTNAME=${hostname}`, ...(tty ? ["TERM=xterm"] : []), `HOME=${home}`, ...links];
  return mergeEnv(base, process.env);
}

/** Later entries replace earlier ones of the same name; a bare `NAME` removes it. */
export function mergeEnv(base: readonly string[], over: readonly string[]): readonly string[] {
  const merged = new Map<string, string>();
  for (const entry of base) merged.set(nameOf(entry), entry);
  for (const entry of over) {
    if (entry.includes("=")) merged.set(nameOf(entry), entry);
    else merged.delete(entry);
  }
  return [...merged.values()];
}

function nameOf(entry: string): string {
  return entry.split("=", 1)[0] ?? "";
}
