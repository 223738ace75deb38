import { readFileSync, writeFileSync } from "node:fs";
import { hostname as machineName } from "node:os";
import type { Container, EndpointRecord } from "../../model/container.ts";
import type { ContainerPaths } from "../paths.ts";
import { hasNames } from "../../networks/container-names.ts";
import { changeLinkHosts, changeOwnHosts, hostsFile, isStub, resolvFile } from "./name-files.ts";
import type { NameFilePaths } from "./mounts.ts";

export interface NameDefaults {
  readonly dns: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly dnsSearch: readonly string[];
  /** What `host-gateway` stands for. */
  readonly hostGateway: () => string;
}

const MACHINE_RESOLV = "/etc/resolv.conf";
/** Where systemd-resolved keeps the servers that it asks itself. */
const RESOLVED = "/run/systemd/resolve/resolv.conf";

/** Name of a container: on the machine's network it is the machine's. */
export function effectiveHostname({ spec }: Container): string {
  return spec.hostname === "" && spec.host.network === "host" ? machineName() : spec.hostname;
}

type Endpoints = Readonly<Record<string, EndpointRecord>>;

/** Writes hostname, hosts and resolv.conf of one start. Synchronous: three small files in a folder that exists. */
export function writeNameFiles(
  container: Container,
  endpoints: Endpoints,
  paths: ContainerPaths,
  defaults: NameDefaults,
  links: readonly string[] = [],
): NameFilePaths {
  const { id, spec } = container;
  const files = { hostname: paths.hostname(id), hosts: paths.hosts(id), resolvConf: paths.resolvConf(id) };
  const hostname = effectiveHostname(container);
  writeFileSync(files.hostname, `${hostname}\n`);
  writeFileSync(
    files.hosts,
    hostsFile({
      hostname,
      domainname: spec.domainname,
      addresses: addressesOf(endpoints),
      extraHosts: spec.host.extraHosts,
      hostGateway: defaults.hostGateway(),
      links,
      base: spec.host.network === "host" ? readOrEmpty("/etc/hosts") : undefined,
    }),
  );
  writeFileSync(files.resolvConf, resolvText(container, endpoints, defaults));
  return files;
}

/**
 * The files of a container that joins or leaves a network while it runs. In place: they are mounted. What its processes made
 * of them stays: of hosts only our own lines change, and resolv.conf only where it is as we wrote it.
 */
export function updateNameFiles(
  container: Container,
  endpoints: Endpoints,
  paths: ContainerPaths,
  defaults: NameDefaults,
): void {
  const { id, spec } = container;
  const hosts = readOrEmpty(paths.hosts(id));
  const changed = changeOwnHosts(hosts, {
    hostname: effectiveHostname(container),
    domainname: spec.domainname,
    before: addressesOf(container.endpoints),
    after: addressesOf(endpoints),
  });
  if (changed !== hosts) writeFileSync(paths.hosts(id), changed);
  if (hasNames(container.endpoints) === hasNames(endpoints)) return;
  const before = resolvText(container, container.endpoints, defaults);
  if (readOrEmpty(paths.resolvConf(id)) === before)
    writeFileSync(paths.resolvConf(id), resolvText(container, endpoints, defaults));
}

/** A link of a container that runs leads to another address (`line`) or nowhere. In place: the file is mounted. */
export function updateLinkHosts(path: string, alias: string, line: string | undefined): void {
  const text = readOrEmpty(path);
  const changed = changeLinkHosts(text, alias, line);
  if (changed !== text) writeFileSync(path, changed);
}

function addressesOf(endpoints: Endpoints): readonly string[] {
  return Object.values(endpoints).flatMap((each) =>
    [each.ipAddress, each.globalIpv6Address].filter((address) => address !== ""),
  );
}

function resolvText({ spec: { host } }: Container, endpoints: Endpoints, defaults: NameDefaults): string {
  const orDefault = (own: readonly string[], other: readonly string[]): readonly string[] =>
    own.length > 0 ? own : other;
  const hostNetwork = host.network === "host";
  const embedded = hasNames(endpoints);
  return resolvFile({
    machine: machineResolv(hostNetwork || embedded),
    dns: orDefault(host.dns, defaults.dns),
    search: orDefault(host.dnsSearch, defaults.dnsSearch),
    options: orDefault(host.dnsOptions, defaults.dnsOptions),
    hostNetwork,
    embedded,
  });
}

/** @param reachesLoopback whoever asks, does so from where the machine's own resolver is. */
function machineResolv(reachesLoopback: boolean): string {
  const text = readOrEmpty(MACHINE_RESOLV);
  return reachesLoopback || !isStub(text) ? text : readOrEmpty(RESOLVED) || text;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
