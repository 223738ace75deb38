/** Links on the default bridge, from before networks had names: lines of hosts(5), and variables. */
import { EngineError, isKind } from "../../base/errors.ts";
import type { Container, ContainerSpec } from "../model/container.ts";
import { splitLink } from "./container-names.ts";
import { modeName } from "./endpoint-wishes.ts";

/** A link to a container that runs. */
export interface LegacyLink {
  readonly alias: string;
  readonly target: Container;
  readonly address: string;
}

/** A container by its id. */
type Find = (ref: string) => Container | undefined;

const BRIDGE = "bridge";

function linksOf({ spec }: Pick<Container, "spec">): readonly { readonly target: string; readonly alias: string }[] {
  const links = modeName(spec.host.network) === BRIDGE ? (spec.networks?.[BRIDGE]?.links ?? []) : [];
  return links.map(splitLink);
}

function withLinks(spec: ContainerSpec, links: readonly string[]): ContainerSpec {
  return { ...spec, networks: { ...spec.networks, [BRIDGE]: { ...spec.networks?.[BRIDGE], links } } };
}

/**
 * For create: the links lead to ids from here on, so that they outlive a rename.
 * @throws EngineError InvalidParameter in Docker's words for containers that do not exist.
 */
export function bindLinks(spec: ContainerSpec, resolve: (ref: string) => Container): ContainerSpec {
  const links = linksOf({ spec });
  if (links.length === 0) return spec;
  // What inspect shows may come back: `/db:/web/db`.
  const bound = links.map(
    ({ target, alias }) => `${known(resolve, target).id}:${alias.slice(alias.lastIndexOf("/") + 1)}`,
  );
  return withLinks(spec, bound);
}

function known(resolve: (ref: string) => Container, ref: string): Container {
  try {
    return resolve(ref);
  } catch (error) {
    if (!isKind(error, "NotFound")) throw error;
    const reason = `No such container: ${ref.replace(/^\//, "")}`;
    throw new EngineError("InvalidParameter", `could not get container for ${ref}: ${reason}`);
  }
}

/** What a start needs of them. @throws EngineError Conflict in Docker's words for one that does not run, or is gone. */
export function legacyLinks(container: Container, find: Find): readonly LegacyLink[] {
  return linksOf(container).map(({ target, alias }) => {
    const live = liveLink(alias, find(target));
    if (live !== undefined) return live;
    const name = find(target)?.name ?? target;
    throw new EngineError(
      "Conflict",
      `Cannot link to a non running container: /${name} AS /${container.name}/${alias}`,
    );
  });
}

/** Those whose containers run; none is asked for more. */
export function liveLinks(container: Container, find: Find): readonly LegacyLink[] {
  return linksOf(container)
    .map(({ target, alias }) => liveLink(alias, find(target)))
    .filter((link) => link !== undefined);
}

function liveLink(alias: string, target: Container | undefined): LegacyLink | undefined {
  const address = target?.endpoints[BRIDGE]?.ipAddress ?? "";
  return target === undefined || address === "" ? undefined : { alias, target, address };
}

/** `/web/db` as a container and what it calls another; a container's own name has no alias. Undefined for a name of neither kind. */
export function parseLinkName(name: string): { readonly holder: string; readonly alias?: string } | undefined {
  const [holder = "", alias, ...more] = name.replace(/^\//, "").split("/");
  if (more.length > 0) return undefined;
  return alias === undefined ? { holder } : { holder, alias };
}

/** The id of what the container calls `alias`. */
export function linkTarget(container: Container, alias: string): string | undefined {
  return linksOf(container).find((link) => link.alias === alias)?.target;
}

/** `/web/db` and the others that containers have by links to them, by their ids. */
export function linkNames(containers: Iterable<Container>): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const container of containers)
    for (const { target, alias } of linksOf(container))
      names.set(target, [...(names.get(target) ?? []), `/${container.name}/${alias}`]);
  return names;
}

/** @returns undefined where there is no such link. */
export function withoutLink({ spec }: Container, alias: string): ContainerSpec | undefined {
  const links = linksOf({ spec });
  const left = links.filter((link) => link.alias !== alias);
  if (left.length === links.length) return undefined;
  return withLinks(
    spec,
    left.map((link) => `${link.target}:${link.alias}`),
  );
}

/** `address\tnames`, the alias first. */
export function linkHost({ alias, target, address }: LegacyLink): string {
  const names = new Set([alias, target.spec.hostname, target.name]);
  return `${address}\t${[...names].filter((name) => name !== "").join(" ")}`;
}

/** `DB_PORT_80_TCP_ADDR` and the others that programs of that time look for. */
export function linkVariables(name: string, links: readonly LegacyLink[]): readonly string[] {
  return links.flatMap(({ alias, target, address }) => {
    const prefix = alias.replaceAll("-", "_").toUpperCase();
    const ports = [...new Set(portsOf(target))].sort(
      (a, b) => a.number - b.number || (a.protocol < b.protocol ? -1 : 1),
    );
    const [first] = ports;
    const own = target.process.env.filter((each) => each.includes("=") && !/^(?:HOME|PATH)=/.test(each));
    return [
      `${prefix}_NAME=/${name}/${alias}`,
      ...(first === undefined ? [] : [`${prefix}_PORT=${first.protocol}://${address}:${first.number}`]),
      ...ports.flatMap((port) => portVariables(prefix, address, port)),
      ...own.map((each) => `${prefix}_ENV_${each}`),
    ];
  });
}

interface Port {
  readonly number: number;
  readonly protocol: string;
}

function portsOf({ spec }: Container): readonly Port[] {
  const texts = [
    ...spec.exposedPorts,
    ...spec.host.portBindings.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`),
  ];
  return [...new Set(texts)].map((text) => {
    const [number, protocol = "tcp"] = text.split("/");
    return { number: Number(number), protocol };
  });
}

function portVariables(prefix: string, address: string, { number, protocol }: Port): readonly string[] {
  const port = `${prefix}_PORT_${number}_${protocol.toUpperCase()}`;
  return [
    `${port}=${protocol}://${address}:${number}`,
    `${port}_ADDR=${address}`,
    `${port}_PORT=${number}`,
    `${port}_PROTO=${protocol}`,
  ];
}

/** `HostConfig.Links` of inspect: `/target:/name/alias`. */
export function shownLinks(container: Container, find: Find): readonly string[] {
  return linksOf(container).map(({ target, alias }) => `/${find(target)?.name ?? target}:/${container.name}/${alias}`);
}
