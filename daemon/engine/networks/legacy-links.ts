/** Links on the default bridge, from before networks had names: lines of hosts(5), and variables. */
import { EngineError, isKind } from "../../base/errors.ts";
import type { Container } from "../model/container.ts";
import { splitLink } from "./container-names.ts";
import { modeName } from "./endpoint-wishes.ts";

/** A link to a container that runs. */
export interface LegacyLink {
  readonly alias: string;
  readonly target: Container;
  readonly address: string;
}

const BRIDGE = "bridge";

function linksOf({ spec }: Pick<Container, "spec">): readonly string[] {
  return modeName(spec.host.network) === BRIDGE ? (spec.networks?.[BRIDGE]?.links ?? []) : [];
}

/** What a start needs of them. @throws EngineError Conflict in Docker's words for one that does not run. */
export function legacyLinks(container: Container, resolve: (ref: string) => Container): readonly LegacyLink[] {
  return linksOf(container).map((link) => {
    const { target: ref, alias } = splitLink(link);
    const target = known(resolve, ref);
    const address = target.endpoints[BRIDGE]?.ipAddress ?? "";
    if (address === "")
      throw new EngineError(
        "Conflict",
        `Cannot link to a non running container: /${target.name} AS /${container.name}/${alias}`,
      );
    return { alias, target, address };
  });
}

/** Those whose containers run; none is asked for more. */
export function liveLinks(container: Container, resolve: (ref: string) => Container): readonly LegacyLink[] {
  return linksOf(container).flatMap((link) => {
    const { target: ref, alias } = splitLink(link);
    const target = found(resolve, ref);
    const address = target?.endpoints[BRIDGE]?.ipAddress ?? "";
    return target === undefined || address === "" ? [] : [{ alias, target, address }];
  });
}

/** `/web/db` and the others that containers have by links to them, by their ids. */
export function linkNames(
  containers: Iterable<Container>,
  resolve: (ref: string) => Container,
): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const container of containers)
    for (const link of linksOf(container)) {
      const { target: ref, alias } = splitLink(link);
      const target = found(resolve, ref);
      if (target === undefined) continue;
      const known = names.get(target.id) ?? [];
      names.set(target.id, [...known, `/${container.name}/${alias}`]);
    }
  return names;
}

/** @returns undefined where there is no such link. */
export function withoutLink(container: Container, alias: string): Container["spec"] | undefined {
  const links = linksOf(container);
  const left = links.filter((link) => splitLink(link).alias !== alias);
  const { spec } = container;
  if (left.length === links.length) return undefined;
  return { ...spec, networks: { ...spec.networks, [BRIDGE]: { ...spec.networks?.[BRIDGE], links: left } } };
}

function found(resolve: (ref: string) => Container, ref: string): Container | undefined {
  try {
    return resolve(ref.replace(/^\//, ""));
  } catch (error) {
    if (isKind(error, "NotFound")) return undefined;
    throw error;
  }
}

/** For create. @throws EngineError InvalidParameter in Docker's words for containers that do not exist. */
export function checkLegacyLinks(container: Pick<Container, "spec">, resolve: (ref: string) => Container): void {
  for (const link of linksOf(container)) known(resolve, splitLink(link).target);
}

function known(resolve: (ref: string) => Container, ref: string): Container {
  const target = found(resolve, ref);
  if (target !== undefined) return target;
  const reason = `No such container: ${ref.replace(/^\//, "")}`;
  throw new EngineError("InvalidParameter", `could not get container for ${ref}: ${reason}`);
}

/** `address\tnames`, the alias first. */
export function linkHosts(links: readonly LegacyLink[]): readonly string[] {
  return links.map(({ alias, target, address }) => {
    const names = new Set([alias, target.spec.hostname, target.name]);
    return `${address}\t${[...names].filter((name) => name !== "").join(" ")}`;
  });
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
export function shownLinks({ name, spec }: Pick<Container, "name" | "spec">): readonly string[] {
  return linksOf({ spec }).map((link) => {
    const { target, alias } = splitLink(link);
    return `/${target.replace(/^\//, "")}:/${name}/${alias}`;
  });
}
