import { CONFIGURATION_LABEL, FOLDER_LABEL, isUp, type Container } from "./container.ts";
import { containerIcon, stateText } from "./containers-tree.ts";
import type { RunConfiguration } from "./run-configuration.ts";
import type { Translate } from "./translate.ts";
import { treeNode, type TreeNode } from "./tree-node.ts";

/** A registry that the user connected, with what was asked of it so far. */
export interface SavedRegistry {
  /** `registry.example.com:5000` */
  readonly address: string;
  readonly user: string | undefined;
  readonly repositories: readonly SavedRepository[];
  /** Why its repositories cannot be shown. */
  readonly problem: string | undefined;
  readonly loading: boolean;
}

export interface SavedRepository {
  readonly name: string;
  /** Undefined until they were asked for. */
  readonly tags: readonly string[] | undefined;
  readonly problem: string | undefined;
}

export function registriesTree(registries: readonly SavedRegistry[], t: Translate): TreeNode[] {
  return registries.map((registry) => {
    const { address, user, repositories, problem, loading } = registry;
    return treeNode({
      id: address,
      label: address,
      description: user ?? t("anonymous"),
      icon: {
        name: problem === undefined ? "cloud" : "warning",
        color: problem === undefined ? undefined : "charts.yellow",
      },
      tooltip: problem ?? "",
      subject: { type: "registry", address },
      children:
        problem !== undefined
          ? [noteNode(`${address}/problem`, problem, "warning")]
          : loading
            ? [noteNode(`${address}/loading`, t("Asking for its repositories…"), "loading~spin")]
            : repositories.length === 0
              ? [noteNode(`${address}/empty`, t("It has no repositories, or lists none."), "info")]
              : repositories.map((repository) => repositoryNode(address, repository, t)),
    });
  });
}

function repositoryNode(address: string, { name, tags, problem }: SavedRepository, t: Translate): TreeNode {
  const id = `${address}/${name}`;
  const rows =
    problem !== undefined
      ? [noteNode(`${id}/problem`, problem, "warning")]
      : tags === undefined
        ? [noteNode(`${id}/loading`, t("Asking for its tags…"), "loading~spin")]
        : tags.map((tag) =>
            treeNode({
              id: `${id}:${tag}`,
              label: tag,
              icon: { name: "tag" },
              context: "tag",
              subject: { type: "tag", address, repository: name, tag },
            }),
          );
  return treeNode({
    id,
    label: name,
    icon: { name: "package" },
    subject: { type: "repository", address, repository: name },
    children: rows,
  });
}

function noteNode(id: string, label: string, icon: string): TreeNode {
  return treeNode({ id, label, icon: { name: icon }, subject: { type: "note" } });
}

/** The run file of one folder of the workspace. */
export interface FolderConfigurations {
  readonly folder: string;
  /** Shown where there are several. */
  readonly label: string;
  readonly configurations: readonly RunConfiguration[];
  readonly problems: readonly string[];
}

export function configurationsTree(
  folders: readonly FolderConfigurations[],
  containers: readonly Container[],
  t: Translate,
): TreeNode[] {
  const rows = folders
    .map((each) => ({ ...each, nodes: folderRows(each, containers, t) }))
    .filter(({ nodes }) => nodes.length > 0);
  if (rows.length < 2) return rows.flatMap(({ nodes }) => nodes);
  return rows.map(({ folder, label, nodes }) =>
    treeNode({
      id: `folder/${folder}`,
      label,
      icon: { name: "root-folder" },
      subject: { type: "note" },
      children: nodes,
      open: true,
    }),
  );
}

function folderRows(
  { folder, configurations, problems }: FolderConfigurations,
  containers: readonly Container[],
  t: Translate,
): TreeNode[] {
  const nodes = configurations.map((configuration) => {
    const container = containerOfConfiguration(containers, folder, configuration.name);
    const up = container !== undefined && isUp(container);
    const published = up && container.ports.some(({ host }) => host !== undefined);
    return treeNode({
      id: `${folder}/${configuration.name}`,
      label: configuration.name,
      description: [configuration.image, container === undefined ? "" : stateText(container, t)]
        .filter((text) => text !== "")
        .join("  "),
      icon: container === undefined ? { name: "play-circle" } : containerIcon(container),
      context: `configuration.${up ? "up" : "down"}${published ? ".published" : ""}`,
      subject: { type: "configuration", folder, name: configuration.name },
    });
  });
  return [...nodes, ...problems.map((problem, index) => noteNode(`${folder}/problem/${index}`, problem, "warning"))];
}

/** The container that was made from a configuration: the one that runs, else the newest. */
export function containerOfConfiguration(
  containers: readonly Container[],
  folder: string,
  name: string,
): Container | undefined {
  const made = containers.filter(
    ({ labels }) => labels[FOLDER_LABEL] === folder && labels[CONFIGURATION_LABEL] === name,
  );
  return made.find(isUp) ?? made.sort((a, b) => b.created - a.created)[0];
}
