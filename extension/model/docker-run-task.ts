import type { ContainerOptions } from "../../sdk/index.ts";
import { parseEnvFile, splitWords } from "./container-notation.ts";
import { FOLDER_LABEL } from "./container.ts";
import { fillVariables, hostPath, type RunSurroundings } from "./run-options.ts";

/** `dockerRun` of a task of type `docker-run`, with the names that the files out there have. */
export interface DockerRunFields {
  readonly image?: string;
  readonly command?: string | readonly string[];
  readonly containerName?: string;
  readonly entrypoint?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly envFiles?: readonly string[];
  readonly extraHosts?: readonly { readonly hostname: string; readonly ip: string }[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly network?: string;
  readonly networkAlias?: string;
  readonly os?: string;
  readonly ports?: readonly {
    readonly containerPort: number;
    readonly hostPort?: number;
    readonly protocol?: "tcp" | "udp";
  }[];
  readonly portsPublishAll?: boolean;
  readonly remove?: boolean;
  readonly volumes?: readonly {
    readonly localPath: string;
    readonly containerPath: string;
    readonly permissions?: string;
  }[];
  readonly customOptions?: string;
}

/** What is not named here would be dropped in silence, so it is refused. */
const KNOWN = new Set([
  ...["image", "command", "containerName", "entrypoint", "env", "envFiles", "extraHosts", "labels", "network"],
  ...["networkAlias", "os", "ports", "portsPublishAll", "remove", "volumes"],
]);

/** @throws Error with a sentence for the user. */
export async function dockerRunOptions(fields: DockerRunFields, around: RunSurroundings): Promise<ContainerOptions> {
  const fill = (text: string): string => fillVariables(text, around);
  const unknown = Object.keys(fields).filter((key) => !KNOWN.has(key));
  if (unknown.length > 0) throw new Error(`"dockerRun.${unknown[0]}" is not supported`);
  if (!fields.image) throw new Error('"dockerRun.image" is missing');
  if (fields.os !== undefined && fields.os !== "Linux")
    throw new Error(`"dockerRun.os": "${fields.os}" is not supported`);
  const { command, entrypoint, volumes, extraHosts, network, networkAlias } = fields;
  return {
    image: fill(fields.image),
    name: fields.containerName === undefined ? undefined : fill(fields.containerName),
    command:
      command === undefined ? undefined : (typeof command === "string" ? splitWords(command) : command).map(fill),
    entrypoint: entrypoint === undefined ? undefined : splitWords(fill(entrypoint)),
    env: await environment(fields, around),
    extraHosts: extraHosts && Object.fromEntries(extraHosts.map(({ hostname, ip }) => [hostname, ip])),
    labels: { ...fields.labels, [FOLDER_LABEL]: around.folder },
    network,
    networkAliases: networkAlias === undefined ? undefined : [networkAlias],
    publish: fields.ports?.map(({ containerPort, hostPort, protocol }) => ({
      container: containerPort,
      ...(hostPort === undefined ? {} : { host: hostPort }),
      ...(protocol === undefined ? {} : { protocol }),
    })),
    autoRemove: fields.remove,
    mounts: volumes?.map(({ localPath, containerPath, permissions }) => ({
      type: "bind" as const,
      source: hostPath(fill(localPath), around),
      target: containerPath,
      readOnly: permissions?.startsWith("ro") ?? false,
    })),
  };
}

async function environment(
  { env, envFiles }: DockerRunFields,
  around: RunSurroundings,
): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const file of envFiles ?? [])
    Object.assign(result, parseEnvFile(await around.read(hostPath(fillVariables(file, around), around)), around.env));
  for (const [key, value] of Object.entries(env ?? {})) result[key] = fillVariables(value, around);
  return result;
}
