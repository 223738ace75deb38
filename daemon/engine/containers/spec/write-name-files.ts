import { readFileSync, writeFileSync } from "node:fs";
import { hostname as machineName } from "node:os";
import type { Container, EndpointRecord } from "../../model/container.ts";
import type { ContainerPaths } from "../paths.ts";
import { hostsFile, isStub, resolvFile } from "./name-files.ts";
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

/** Writes hostname, hosts and resolv.conf of one start. Synchronous: three small files in a folder that exists. */
export function writeNameFiles(
  container: Container,
  endpoints: Readonly<Record<string, EndpointRecord>>,
  paths: ContainerPaths,
  defaults: NameDefaults,
): NameFilePaths {
  const { id, spec } = container;
  const { host } = spec;
  const files = { hostname: paths.hostname(id), hosts: paths.hosts(id), resolvConf: paths.resolvConf(id) };
  const hostNetwork = host.network === "host";
  const hostname = effectiveHostname(container);
  const orDefault = (own: readonly string[], other: readonly string[]): readonly string[] =>
    own.length > 0 ? own : other;
  writeFileSync(files.hostname, `${hostname}\n`);
  writeFileSync(
    files.hosts,
    hostsFile({
      hostname,
      domainname: spec.domainname,
      addresses: Object.values(endpoints).flatMap((each) =>
        [each.ipAddress, each.globalIpv6Address].filter((address) => address !== ""),
      ),
      extraHosts: host.extraHosts,
      hostGateway: defaults.hostGateway(),
      base: hostNetwork ? readOrEmpty("/etc/hosts") : undefined,
    }),
  );
  writeFileSync(
    files.resolvConf,
    resolvFile({
      machine: machineResolv(hostNetwork),
      dns: orDefault(host.dns, defaults.dns),
      search: orDefault(host.dnsSearch, defaults.dnsSearch),
      options: orDefault(host.dnsOptions, defaults.dnsOptions),
      hostNetwork,
    }),
  );
  return files;
}

function machineResolv(hostNetwork: boolean): string {
  const text = readOrEmpty(MACHINE_RESOLV);
  return hostNetwork || !isStub(text) ? text : readOrEmpty(RESOLVED) || text;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
