import { l10n } from "vscode";
import type { App } from "../app.ts";
import type { Container } from "../model/container.ts";
import { stateText } from "../model/containers-tree.ts";
import type { Kind } from "../model/engine-mirror.ts";
import { imageName, shortId, type Image } from "../model/image.ts";
import type { Network } from "../model/network.ts";
import type { ObjectStore } from "../model/object-store.ts";
import { containerOfConfiguration } from "../model/saved-trees.ts";
import { sizeText } from "../model/sizes.ts";
import type { Translate } from "../model/translate.ts";
import type { Subject } from "../model/tree-node.ts";
import { volumeLabel, type Volume } from "../model/volume.ts";
import type { CommandArguments } from "./command.ts";

const t = l10n.t as Translate;

/** The objects of a kind, once the engine has listed them. */
export async function listed<K extends Kind>(app: App, kind: K): Promise<App["mirror"][K]> {
  await app.session.engine();
  const store = app.mirror[kind];
  app.mirror.want(kind);
  await filled(store as ObjectStore<unknown>);
  return store;
}

async function filled(store: ObjectStore<unknown>): Promise<void> {
  if (store.filled) return;
  await new Promise<void>((resolve) => {
    const forget = store.onChange(() => {
      forget();
      resolve();
    });
  });
}

/** The containers that a command was called on; asked for where it was called on none. @param suits whether the command makes sense for it */
export async function chosenContainers(
  app: App,
  { nodes }: CommandArguments,
  title: string,
  suits: (container: Container) => boolean = () => true,
): Promise<readonly Container[]> {
  const store = await listed(app, "containers");
  if (nodes.length > 0) {
    const ids = new Set(nodes.flatMap(({ subject }) => containerIds(app, subject)));
    return [...ids].flatMap((id) => store.get(id) ?? []).filter(suits);
  }
  const choices = store
    .values()
    .filter(suits)
    .map((container) => ({
      label: container.name,
      description: `${container.image}  ${stateText(container, t)}`,
      value: container,
    }));
  if (choices.length === 0) return nothing(app, l10n.t("No container suits this command."));
  const picked = await app.ui.pick(title, choices);
  return picked === undefined ? [] : [picked];
}

function containerIds(app: App, subject: Subject): readonly string[] {
  switch (subject.type) {
    case "container":
      return [subject.id];
    case "group":
      return subject.containers;
    case "port":
    case "mount":
    case "attachment":
      return [subject.container];
    case "configuration": {
      const found = containerOfConfiguration(app.mirror.containers.values(), subject.folder, subject.name);
      return found === undefined ? [] : [found.id];
    }
    default:
      return [];
  }
}

/** An image by one of its names, or by its id where it has none. */
export interface ChosenImage {
  readonly image: Image;
  /** The tag of the row, or the first. */
  readonly reference: string;
}

export async function chosenImages(
  app: App,
  { nodes }: CommandArguments,
  title: string,
): Promise<readonly ChosenImage[]> {
  const store = await listed(app, "images");
  if (nodes.length > 0) {
    return nodes.flatMap(({ subject }) => {
      const image = subject.type === "image" ? store.get(subject.id) : undefined;
      if (image === undefined || subject.type !== "image") return [];
      return [{ image, reference: subject.tag ?? image.tags[0] ?? image.id }];
    });
  }
  const choices = store.values().flatMap((image) =>
    (image.tags.length === 0 ? [image.id] : image.tags).map((reference) => ({
      label: reference === image.id ? shortId(image.id) : reference,
      description: sizeText(image.size),
      value: { image, reference },
    })),
  );
  if (choices.length === 0) return nothing(app, l10n.t("There are no images on the engine."));
  const picked = await app.ui.pick(title, choices);
  return picked === undefined ? [] : [picked];
}

export async function chosenNetworks(
  app: App,
  { nodes }: CommandArguments,
  title: string,
  suits: (network: Network) => boolean = () => true,
): Promise<readonly Network[]> {
  const store = await listed(app, "networks");
  if (nodes.length > 0)
    return nodes
      .flatMap(({ subject }) => {
        if (subject.type === "network") return store.get(subject.id) ?? [];
        return subject.type === "attachment" ? (store.get(subject.network) ?? []) : [];
      })
      .filter(suits);
  const choices = store
    .values()
    .filter(suits)
    .map((value) => ({ label: value.name, description: value.driver, value }));
  if (choices.length === 0) return nothing(app, l10n.t("No network suits this command."));
  const picked = await app.ui.pick(title, choices);
  return picked === undefined ? [] : [picked];
}

export async function chosenVolumes(app: App, { nodes }: CommandArguments, title: string): Promise<readonly Volume[]> {
  const store = await listed(app, "volumes");
  if (nodes.length > 0)
    return nodes.flatMap(({ subject }) => {
      if (subject.type === "volume") return store.get(subject.name) ?? [];
      return subject.type === "mount" && subject.mount === "volume" ? (store.get(subject.source) ?? []) : [];
    });
  const choices = store.values().map((value) => ({ label: volumeLabel(value), description: value.driver, value }));
  if (choices.length === 0) return nothing(app, l10n.t("There are no volumes on the engine."));
  const picked = await app.ui.pick(title, choices);
  return picked === undefined ? [] : [picked];
}

async function nothing(app: App, message: string): Promise<readonly never[]> {
  await app.ui.inform(message);
  return [];
}

/** `a`, `a and 3 more`, for questions and titles. */
export function namesOf(names: readonly string[]): string {
  return names.length < 4
    ? names.join(", ")
    : l10n.t("{0} and {1} more", names.slice(0, 3).join(", "), names.length - 3);
}

export const imageNames = (images: readonly ChosenImage[]): string =>
  namesOf(images.map(({ image, reference }) => (reference === image.id ? imageName(image) : reference)));
