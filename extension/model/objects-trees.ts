import { isUp, type Container } from "./container.ts";
import { containerIcon, stateText } from "./containers-tree.ts";
import { shortId, splitTag, type Image } from "./image.ts";
import { isPredefined, type Network } from "./network.ts";
import { sizeText } from "./sizes.ts";
import { textFilter } from "./text-filter.ts";
import type { Translate } from "./translate.ts";
import { treeNode, type TreeNode } from "./tree-node.ts";
import { isAnonymous, volumeLabel, type Volume } from "./volume.ts";

export interface ImagesTreeOptions {
  readonly filter: string;
  readonly order: "name" | "size" | "created";
  readonly showDangling: boolean;
  readonly t: Translate;
}

export interface ListTreeOptions {
  readonly filter: string;
  readonly t: Translate;
}

const compare = (a: string, b: string): number => a.localeCompare(b, undefined, { numeric: true });

/** Repositories, and below them their tags; images without a name at the end. */
export function imagesTree(
  images: readonly Image[],
  containers: readonly Container[],
  options: ImagesTreeOptions,
): TreeNode[] {
  const { t } = options;
  const users = usersBy(containers, ({ imageId }) => [imageId]);
  const matches = textFilter(options.filter);
  const rows = new Map<string, { image: Image; tag: string; name: string }[]>();
  for (const image of images) {
    for (const name of image.tags) {
      const used = users.has(image.id) ? "used" : "unused";
      if (!matches({ name, id: shortId(image.id), used })) continue;
      const { repository, tag } = splitTag(name);
      rows.set(repository, [...(rows.get(repository) ?? []), { image, tag, name }]);
    }
  }
  const newest = (list: readonly { image: Image }[]): number => Math.max(...list.map(({ image }) => image.created));
  const largest = (list: readonly { image: Image }[]): number => Math.max(...list.map(({ image }) => image.size));
  const repositories = [...rows].sort(([a, listA], [b, listB]) => {
    if (options.order === "size") return largest(listB) - largest(listA) || compare(a, b);
    if (options.order === "created") return newest(listB) - newest(listA) || compare(a, b);
    return compare(a, b);
  });
  const named = repositories.map(([repository, list]) => {
    const [only] = list;
    // A repository with one tag is that image: nobody wants to unfold it first.
    if (only !== undefined && list.length === 1) return imageNode(only.image, only.name, repository, users, t);
    return treeNode({
      id: `repository/${repository}`,
      label: repository,
      description: t("{0} tags", list.length),
      icon: { name: "package", color: list.some(({ image }) => users.has(image.id)) ? "charts.green" : undefined },
      context: "imageRepository",
      subject: { type: "note" },
      children: list
        .sort((a, b) => compare(b.tag, a.tag))
        .map(({ image, tag, name }) => imageNode(image, name, tag, users, t)),
      open: true,
    });
  });
  return [...named, ...(options.showDangling ? danglingRows(images, users, matches, t) : [])];
}

/** @param label the tag below its repository, or the repository */
function imageNode(image: Image, name: string, label: string, users: Users, t: Translate): TreeNode {
  const count = users.get(image.id)?.length ?? 0;
  const { tag } = splitTag(name);
  const facts = [label === tag ? "" : tag, sizeText(image.size), count > 0 ? t("in use") : ""];
  return treeNode({
    id: `image/${name}`,
    label,
    description: facts.filter((text) => text !== "").join("  "),
    icon: { name: label === tag ? "tag" : "package", color: count > 0 ? "charts.green" : undefined },
    tooltip: `${name}\n\n${shortId(image.id)}, ${sizeText(image.size)}\n\n${t("{0} containers use it", count)}`,
    context: count > 0 ? "image.tagged.used" : "image.tagged",
    subject: { type: "image", id: image.id, tag: name },
  });
}

function danglingRows(
  images: readonly Image[],
  users: Users,
  matches: ReturnType<typeof textFilter>,
  t: Translate,
): TreeNode[] {
  const dangling = images.filter(({ id, tags }) => tags.length === 0 && matches({ name: "<none>", id: shortId(id) }));
  if (dangling.length === 0) return [];
  const children = dangling.map((image) =>
    treeNode({
      id: `image/${image.id}`,
      label: shortId(image.id),
      description: [sizeText(image.size), users.has(image.id) ? t("in use") : ""]
        .filter((text) => text !== "")
        .join("  "),
      icon: { name: "question" },
      context: users.has(image.id) ? "image.dangling.used" : "image.dangling",
      subject: { type: "image", id: image.id, tag: undefined },
    }),
  );
  const bytes = dangling.reduce((sum, { size }) => sum + size, 0);
  return [
    treeNode({
      id: "dangling",
      label: t("Without a name"),
      description: `${dangling.length}  ${sizeText(bytes)}`,
      icon: { name: "archive" },
      context: "danglingImages",
      subject: { type: "note" },
      children,
    }),
  ];
}

/** Networks, and below them the containers on each. */
export function networksTree(
  networks: readonly Network[],
  containers: readonly Container[],
  options: ListTreeOptions,
): TreeNode[] {
  const { t } = options;
  const users = usersBy(containers, (container) => container.networks);
  const matches = textFilter(options.filter);
  return networks
    .filter(({ name, driver }) => matches({ name, driver }))
    .sort((a, b) => Number(isPredefined(a)) - Number(isPredefined(b)) || compare(a.name, b.name))
    .map((network) => {
      const on = users.get(network.name) ?? [];
      return treeNode({
        id: network.id,
        label: network.name,
        description: [network.driver, ...network.subnets, network.internal ? t("internal") : ""]
          .filter((text) => text !== "")
          .join("  "),
        icon: { name: "type-hierarchy", color: on.some(isUp) ? "charts.green" : undefined },
        context: `network.${isPredefined(network) ? "predefined" : "own"}.${network.name === "host" || network.name === "none" ? "fixed" : "open"}`,
        subject: { type: "network", id: network.id },
        children: on.length === 0 ? undefined : on.map((each) => attachmentNode(network, each, t)),
      });
    });
}

function attachmentNode(network: Network, container: Container, t: Translate): TreeNode {
  return treeNode({
    id: `${network.id}/${container.id}`,
    label: container.name,
    description: stateText(container, t),
    icon: containerIcon(container),
    context: network.name === "host" || network.name === "none" ? "attachment.fixed" : "attachment",
    subject: { type: "attachment", network: network.id, container: container.id },
  });
}

/** Volumes, and below them the containers that mount each. */
export function volumesTree(
  volumes: readonly Volume[],
  containers: readonly Container[],
  options: ListTreeOptions,
): TreeNode[] {
  const { t } = options;
  const users = usersBy(containers, ({ mounts }) =>
    mounts.filter(({ type }) => type === "volume").map(({ source }) => source),
  );
  const matches = textFilter(options.filter);
  return volumes
    .filter((volume) =>
      matches({ name: volume.name, driver: volume.driver, used: users.has(volume.name) ? "used" : "unused" }),
    )
    .sort((a, b) => Number(isAnonymous(a)) - Number(isAnonymous(b)) || compare(a.name, b.name))
    .map((volume) => {
      const by = users.get(volume.name) ?? [];
      return treeNode({
        id: volume.name,
        label: volumeLabel(volume),
        description: by.length === 0 ? t("unused") : isAnonymous(volume) ? t("anonymous") : "",
        icon: { name: "database", color: by.some(isUp) ? "charts.green" : undefined },
        tooltip: `${volume.name}\n\n${volume.driver}, ${volume.mountpoint}`,
        context: by.length === 0 ? "volume.unused" : "volume.used",
        subject: { type: "volume", name: volume.name },
        children: by.length === 0 ? undefined : by.map((each) => userNode(volume.name, each, t)),
      });
    });
}

function userNode(volume: string, container: Container, t: Translate): TreeNode {
  return treeNode({
    id: `${volume}/${container.id}`,
    label: container.name,
    description: container.mounts.find(({ source }) => source === volume)?.target ?? "",
    icon: containerIcon(container),
    spoken: `${container.name}, ${stateText(container, t)}`,
    context: "volumeUser",
    subject: { type: "container", id: container.id },
  });
}

type Users = ReadonlyMap<string, readonly Container[]>;

function usersBy(containers: readonly Container[], keysOf: (container: Container) => readonly string[]): Users {
  const users = new Map<string, Container[]>();
  for (const container of containers) {
    for (const key of new Set(keysOf(container))) users.set(key, [...(users.get(key) ?? []), container]);
  }
  return users;
}
