import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { EngineError } from "../base/errors.ts";

const execute = promisify(execFile);

export interface RuncFacts {
  readonly version: string;
  readonly commit: string;
  /** Options of mounts that it takes; empty where it is too old to tell (before 1.1). */
  readonly mountOptions: readonly string[];
  readonly seccomp: boolean;
}

interface Features {
  readonly mountOptions?: readonly string[];
  readonly linux?: { readonly seccomp?: { readonly enabled?: boolean } };
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Asks a runc what it is and can do: one process where it knows `features`, two where it does not.
 * @throws EngineError Unavailable when it cannot be run.
 */
export async function runcFacts(path: string, signal?: AbortSignal): Promise<RuncFacts> {
  try {
    const { stdout } = await execute(path, ["features"], { signal });
    return readFeatures(JSON.parse(stdout) as Features);
  } catch (error) {
    signal?.throwIfAborted();
    return await fromVersion(path, error, signal);
  }
}

export function readFeatures({ mountOptions = [], linux, annotations = {} }: Features): RuncFacts {
  return {
    version: annotations["org.opencontainers.runc.version"] ?? "",
    commit: annotations["org.opencontainers.runc.commit"] ?? "",
    mountOptions,
    seccomp: linux?.seccomp?.enabled ?? true,
  };
}

async function fromVersion(path: string, cause: unknown, signal?: AbortSignal): Promise<RuncFacts> {
  try {
    const { stdout } = await execute(path, ["--version"], { signal });
    const version = /^\S+ version (\S+)/.exec(stdout)?.[1] ?? "";
    return { version, commit: /^commit: (\S+)/m.exec(stdout)?.[1] ?? "", mountOptions: [], seccomp: true };
  } catch {
    throw new EngineError("Unavailable", `runtime ${path} cannot be run: install runc`, { cause });
  }
}
