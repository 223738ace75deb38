import type { wire } from "../../sdk/index.ts";

export type Health = "none" | "starting" | "healthy" | "unhealthy";

export interface Port {
  readonly container: number;
  readonly protocol: string;
  /** On the engine's host; undefined when it is not published. */
  readonly host: number | undefined;
  readonly address: string;
}

export interface Mount {
  readonly type: string;
  /** Name of a volume, or a path on the host. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** A container as the views show it. It changes only with an event: no ages in it, that would redraw a tree every second. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly command: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly state: wire.ContainerStatus;
  readonly health: Health;
  /** Of one that has ended. */
  readonly exitCode: number | undefined;
  readonly ports: readonly Port[];
  readonly mounts: readonly Mount[];
  readonly networks: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export const PROJECT_LABEL = "com.docker.compose.project";
export const SERVICE_LABEL = "com.docker.compose.service";
/** The folder that a run configuration belongs to, and its name there. */
export const FOLDER_LABEL = "dev.slipway.folder";
export const CONFIGURATION_LABEL = "dev.slipway.configuration";
const COMPOSE_FOLDER_LABEL = "com.docker.compose.project.working_dir";

export function containerOf(summary: wire.ContainerSummary): Container {
  return {
    id: summary.Id,
    name: (summary.Names[0] ?? summary.Id.slice(0, 12)).replace(/^\//, ""),
    image: summary.Image,
    imageId: summary.ImageID,
    command: summary.Command,
    created: summary.Created,
    state: summary.State,
    health: healthOf(summary.Status),
    exitCode: exitCodeOf(summary.Status),
    ports: portsOf(summary.Ports ?? []),
    mounts: (summary.Mounts ?? []).map((mount) => ({
      type: mount.Type ?? "bind",
      source: mount.Name || (mount.Source ?? ""),
      target: mount.Destination,
      readOnly: !mount.RW,
    })),
    networks: Object.keys(summary.NetworkSettings?.Networks ?? {}),
    labels: summary.Labels ?? {},
  };
}

/** The list has it in a sentence only: `Up 2 hours (healthy)`. */
function healthOf(status: string): Health {
  const word = /\((healthy|unhealthy|health: starting)\)/.exec(status)?.[1];
  return word === "health: starting" ? "starting" : ((word as Health | undefined) ?? "none");
}

function exitCodeOf(status: string): number | undefined {
  const code = /^Exited \((\d+)\)/.exec(status)?.[1];
  return code === undefined ? undefined : Number(code);
}

/** One row a port: the engine lists each published one for IPv4 and for IPv6. */
function portsOf(ports: readonly wire.PortSummary[]): readonly Port[] {
  const seen = new Map<string, Port>();
  for (const { PrivatePort: container, Type: protocol, PublicPort: host, IP: address = "" } of ports) {
    const key = `${container}/${protocol}/${host ?? ""}`;
    if (!seen.has(key)) seen.set(key, { container, protocol, host, address });
  }
  return [...seen.values()].sort((a, b) => a.container - b.container || (a.host ?? 0) - (b.host ?? 0));
}

/** Also true while it is paused or restarting: it has processes, or will have some by itself. */
export function isUp({ state }: Container): boolean {
  return state === "running" || state === "paused" || state === "restarting";
}

/** Whether it was made from this workspace: by a run configuration, by compose, or by a mount of one of its folders. */
export function belongsTo(container: Container, folders: readonly string[]): boolean {
  const within = (path: string | undefined): boolean =>
    path !== undefined && folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
  return (
    within(container.labels[FOLDER_LABEL]) ||
    within(container.labels[COMPOSE_FOLDER_LABEL]) ||
    container.mounts.some(({ type, source }) => type === "bind" && within(source))
  );
}

/** Where a browser reaches a published port. */
export function addressOf({ host, address }: Port, engineHost = "localhost"): string {
  const any = address === "" || address === "0.0.0.0" || address === "::";
  const name = any ? engineHost : address.includes(":") ? `[${address}]` : address;
  return `http://${name}:${host}`;
}
