import {
  addressOf,
  belongsTo,
  isUp,
  PROJECT_LABEL,
  SERVICE_LABEL,
  type Container,
  type Mount,
  type Port,
} from "./container.ts";
import { fillTemplate, textFilter } from "./text-filter.ts";
import type { Translate } from "./translate.ts";
import { treeNode, type Icon, type TreeNode } from "./tree-node.ts";

export type GroupBy = "none" | "project" | "label" | "image" | "network" | "state";
export type ContainerOrder = "name" | "created" | "state";

export interface ContainersTreeOptions {
  readonly groupBy: GroupBy;
  /** For `groupBy: "label"`. */
  readonly groupLabel: string;
  readonly order: ContainerOrder;
  /** With the facts of {@link containerFacts} in braces. */
  readonly label: string;
  readonly description: string;
  readonly filter: string;
  /** Folders of the workspace, when only their containers are wanted. */
  readonly onlyFolders: readonly string[] | undefined;
  readonly t: Translate;
}

/** Rows for containers: groups, containers, and their ports and mounts below. */
export function containersTree(containers: readonly Container[], options: ContainersTreeOptions): TreeNode[] {
  const matches = textFilter(options.filter);
  const shown = containers
    .filter((each) => options.onlyFolders === undefined || belongsTo(each, options.onlyFolders))
    .filter((each) => matches(containerFacts(each)))
    .sort(orderOf(options.order));
  if (options.groupBy === "none") return shown.map((each) => containerNode(each, options, ""));
  const groups = new Map<string, Container[]>();
  for (const each of shown) {
    for (const key of groupKeys(each, options)) groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  const alone = groups.get("") ?? [];
  groups.delete("");
  const rows = [...groups].sort(([a], [b]) => compare(a, b)).map(([key, list]) => groupNode(key, list, options));
  // Compose projects stand above; what belongs to none is no group of its own.
  return [...rows, ...alone.map((each) => containerNode(each, options, ""))];
}

/** What filters, labels and descriptions can speak of. */
export function containerFacts(container: Container): Readonly<Record<string, string>> {
  const { labels, ports } = container;
  return {
    name: container.name,
    image: container.image,
    id: container.id.slice(0, 12),
    state: container.state,
    health: container.health,
    command: container.command,
    project: labels[PROJECT_LABEL] ?? "",
    service: labels[SERVICE_LABEL] ?? "",
    ports: ports.flatMap(({ host }) => host ?? []).join(", "),
    network: container.networks.join(", "),
    label: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(" "),
  };
}

const compare = (a: string, b: string): number => a.localeCompare(b, undefined, { numeric: true });

function orderOf(order: ContainerOrder): (a: Container, b: Container) => number {
  const byName = (a: Container, b: Container): number => compare(a.name, b.name);
  switch (order) {
    case "name":
      return byName;
    case "created":
      return (a, b) => b.created - a.created || byName(a, b);
    case "state":
      return (a, b) => Number(isUp(b)) - Number(isUp(a)) || compare(a.state, b.state) || byName(a, b);
  }
}

/** "" is no group. A container on two networks is in both groups. */
function groupKeys(container: Container, { groupBy, groupLabel }: ContainersTreeOptions): readonly string[] {
  switch (groupBy) {
    case "none":
      return [""];
    case "project":
      return [container.labels[PROJECT_LABEL] ?? ""];
    case "label":
      return [container.labels[groupLabel] ?? ""];
    case "image":
      return [container.image];
    case "network":
      return container.networks.length === 0 ? [""] : container.networks;
    case "state":
      return [container.state];
  }
}

const GROUP_ICONS: Readonly<Record<GroupBy, string>> = {
  none: "folder",
  project: "multiple-windows",
  label: "tag",
  image: "package",
  network: "type-hierarchy",
  state: "pulse",
};

function groupNode(key: string, list: readonly Container[], options: ContainersTreeOptions): TreeNode {
  const up = list.filter(isUp).length;
  const prefix = options.groupBy === "network" ? `${key}/` : "";
  return treeNode({
    id: `group/${options.groupBy}/${key}`,
    label: key,
    description: options.t("{0} of {1} running", up, list.length),
    icon: { name: GROUP_ICONS[options.groupBy], color: up > 0 ? "charts.green" : undefined },
    context: `group.${options.groupBy}`,
    subject: { type: "group", containers: list.map(({ id }) => id) },
    children: list.map((each) => containerNode(each, options, prefix)),
    open: true,
  });
}

/** @param prefix of the id, where a container can be in several groups. */
function containerNode(container: Container, options: ContainersTreeOptions, prefix: string): TreeNode {
  const { t } = options;
  const facts = containerFacts(container);
  const ports = container.ports.map((port) => portNode(container, port, prefix, t));
  const mounts = container.mounts.map((mount) => mountNode(container, mount, prefix, t));
  const label = fillTemplate(options.label, facts) || container.name;
  const published = container.ports.some(({ host }) => host !== undefined) && isUp(container);
  return treeNode({
    id: `${prefix}${container.id}`,
    label,
    description: fillTemplate(options.description, facts),
    icon: containerIcon(container),
    tooltip: containerTooltip(container, t),
    spoken: `${label}, ${container.image}, ${stateText(container, t)}`,
    context: ["container", container.state, ...(published ? ["published"] : [])].join("."),
    subject: { type: "container", id: container.id },
    children: ports.length + mounts.length === 0 ? undefined : [...ports, ...mounts],
  });
}

/** Shapes differ as well as colours. */
export function containerIcon({ state, health, exitCode }: Container): Icon {
  switch (state) {
    case "running":
      if (health === "healthy") return { name: "pass-filled", color: "charts.green" };
      if (health === "unhealthy") return { name: "warning", color: "charts.red" };
      if (health === "starting") return { name: "loading~spin", color: "charts.yellow" };
      return { name: "vm-running", color: "charts.green" };
    case "paused":
      return { name: "debug-pause", color: "charts.yellow" };
    case "restarting":
      return { name: "sync", color: "charts.yellow" };
    case "removing":
      return { name: "trash", color: "disabledForeground" };
    case "dead":
      return { name: "error", color: "charts.red" };
    case "created":
      return { name: "vm-outline" };
    case "exited":
      return exitCode === 0 || exitCode === undefined ? { name: "vm" } : { name: "error", color: "charts.red" };
  }
}

export function stateText({ state, health, exitCode }: Container, t: Translate): string {
  if (state === "exited" && exitCode !== undefined) return t("exited with code {0}", exitCode);
  return health === "none" ? state : `${state}, ${health}`;
}

function containerTooltip(container: Container, t: Translate): string {
  const rows = [
    [t("Image"), container.image],
    [t("State"), stateText(container, t)],
    [t("Command"), container.command],
    [t("Networks"), container.networks.join(", ")],
    [t("Id"), container.id.slice(0, 12)],
  ].filter(([, value]) => value !== "");
  return `**${escape(container.name)}**\n\n${rows.map(([name, value]) => `${name}: ${escape(value ?? "")}  `).join("\n")}`;
}

/** Names and commands are other people's text: none of it is Markdown. */
function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>$~&]/g, "\\$&");
}

function portNode(container: Container, port: Port, prefix: string, t: Translate): TreeNode {
  const url = port.host === undefined ? undefined : addressOf(port);
  const opens = url !== undefined && isUp(container) && port.protocol === "tcp";
  return treeNode({
    id: `${prefix}${container.id}/port/${port.container}/${port.protocol}/${port.host ?? ""}`,
    label:
      port.host === undefined
        ? `${port.container}/${port.protocol}`
        : `${port.host} → ${port.container}/${port.protocol}`,
    description: port.host === undefined ? t("not published") : "",
    icon: { name: opens ? "globe" : "plug" },
    context: opens ? "port.published" : "port",
    subject: { type: "port", container: container.id, port: port.container, protocol: port.protocol, url },
    command: opens ? "slipway.containers.openInBrowser" : undefined,
  });
}

function mountNode(container: Container, mount: Mount, prefix: string, t: Translate): TreeNode {
  return treeNode({
    id: `${prefix}${container.id}/mount/${mount.target}`,
    label: mount.target,
    description: `${mount.type === "volume" ? mount.source.slice(0, 24) : mount.source || mount.type}${mount.readOnly ? ` (${t("read-only")})` : ""}`,
    icon: { name: mount.type === "volume" ? "database" : mount.type === "bind" ? "folder" : "chip" },
    context: `mount.${mount.type}`,
    subject: { type: "mount", container: container.id, source: mount.source, mount: mount.type },
  });
}
