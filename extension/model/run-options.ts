import { isAbsolute, join } from "node:path";
import type { ContainerOptions, LimitOptions } from "../../sdk/index.ts";
import { CONFIGURATION_LABEL, FOLDER_LABEL } from "./container.ts";
import { parseEnvFile, parsePort, parseRestart, parseVolume, splitWords } from "./container-notation.ts";
import { containerNameOf, type RunConfiguration } from "./run-configuration.ts";
import { parseSize } from "./sizes.ts";

export interface RunSurroundings {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of a file. @throws when it is not there. */
  readonly read: (path: string) => Promise<string>;
}

/**
 * What a configuration means to the SDK. Its container carries the folder and the configuration's name as labels, by which it is found again.
 * @throws Error with a sentence for the user for what cannot be read.
 */
export async function containerOptionsOf(
  configuration: RunConfiguration,
  around: RunSurroundings,
): Promise<ContainerOptions> {
  const fill = (text: string): string => fillVariables(text, around);
  const resolve = (path: string): string => hostPath(path, around);
  const { ports, volumes, restart, user, workingDir, network } = configuration;
  return {
    image: fill(configuration.image),
    name: containerNameOf(configuration),
    command: wordsOf(configuration.command, fill),
    entrypoint: wordsOf(configuration.entrypoint, fill),
    env: await environmentOf(configuration, around),
    publish: ports?.map((port) => parsePort(fill(String(port)))),
    mounts: volumes?.map((volume) => parseVolume(fill(volume), resolve)),
    user: user === undefined ? undefined : fill(user),
    workingDir: workingDir === undefined ? undefined : fill(workingDir),
    network: network === undefined ? undefined : fill(network),
    limits: limitsOf(configuration),
    restart: restart === undefined ? undefined : parseRestart(restart),
    autoRemove: configuration.remove,
    stdin: configuration.interactive,
    tty: configuration.interactive,
    labels: { ...configuration.labels, [FOLDER_LABEL]: around.folder, [CONFIGURATION_LABEL]: configuration.name },
  };
}

/** `${workspaceFolder}` and `${env:NAME}`, as in tasks.json. */
export function fillVariables(text: string, { folder, env }: Pick<RunSurroundings, "folder" | "env">): string {
  return text.replace(/\$\{(workspaceFolder|env:(\w+))\}/g, (_, kind: string, name: string) =>
    kind === "workspaceFolder" ? folder : (env[name] ?? ""),
  );
}

export function hostPath(path: string, { folder, home }: Pick<RunSurroundings, "folder" | "home">): string {
  if (path === "~" || path.startsWith("~/")) return join(home, path.slice(1));
  return isAbsolute(path) ? path : join(folder, path);
}

function wordsOf(given: string | readonly string[] | undefined, fill: (text: string) => string): string[] | undefined {
  if (given === undefined || given === "") return undefined;
  return (typeof given === "string" ? splitWords(given) : given).map(fill);
}

/** Files in their order, then what the configuration says itself. */
async function environmentOf(
  configuration: RunConfiguration,
  around: RunSurroundings,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const file of configuration.envFiles ?? []) {
    const path = hostPath(fillVariables(file, around), around);
    Object.assign(env, parseEnvFile(await around.read(path), around.env));
  }
  for (const [key, value] of Object.entries(configuration.env ?? {})) env[key] = fillVariables(String(value), around);
  return env;
}

function limitsOf({ limits }: RunConfiguration): LimitOptions | undefined {
  if (limits === undefined) return undefined;
  const memory = limits.memory === undefined || limits.memory === "" ? undefined : parseSize(limits.memory);
  if (limits.memory && memory === undefined) throw new Error(`"${limits.memory}" is no size: write 512m or 2g`);
  return { memory, cpus: limits.cpus, pids: limits.pids };
}
