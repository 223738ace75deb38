import { isIP } from "node:net";
import type { ContainerCreateBody, HostConfig } from "../../../../sdk/contract/index.ts";
import type { HostSpec } from "../../../engine/model/container.ts";
import { parseMounts } from "./all-mounts.ts";
import { invalid } from "./invalid.ts";
import { parseLogConfig } from "./log-config.ts";
import { parseNamespaces } from "./namespaces.ts";
import { parsePortBindings } from "./ports.ts";
import { isSet, refuseHostConfig } from "./refusals.ts";
import { parseDevices, parseResources, parseUlimits } from "./resources.ts";
import { parseRestartPolicy } from "./restart-policy.ts";
import { wordsOf } from "./words.ts";

const SHM_DEFAULT = 64 * 1024 * 1024;

/** `HostConfig` in the engine's words. @throws EngineError InvalidParameter, NotImplemented. */
export function parseHostConfig(body: ContainerCreateBody): HostSpec {
  const host = body.HostConfig ?? {};
  const namespaces = parseNamespaces(body, host);
  refuseHostConfig(host);
  const restartPolicy = parseRestartPolicy(host.RestartPolicy ?? {});
  const autoRemove = host.AutoRemove ?? false;
  if (autoRemove && restartPolicy.name !== "no")
    throw invalid("can't create 'AutoRemove' container with restart policy");
  if ((host.ShmSize ?? 0) < 0) throw invalid("SHM size can not be less than 0");
  return {
    ...namespaces,
    ...parseNames(host),
    binds: host.Binds ?? [],
    mounts: parseMounts(host),
    ...(isSet(host.VolumesFrom) && { volumesFrom: host.VolumesFrom ?? [] }),
    autoRemove,
    readonlyRootfs: host.ReadonlyRootfs ?? false,
    privileged: host.Privileged ?? false,
    capAdd: wordsOf(host.CapAdd) ?? [],
    capDrop: wordsOf(host.CapDrop) ?? [],
    securityOpt: host.SecurityOpt ?? [],
    init: host.Init ?? false,
    shmSize: host.ShmSize || SHM_DEFAULT,
    ulimits: parseUlimits(host.Ulimits ?? []),
    resources: parseResources(host),
    restartPolicy,
    log: parseLogConfig(host.LogConfig ?? {}),
    devices: parseDevices(host.Devices ?? []),
    groupAdd: host.GroupAdd ?? [],
    cgroupParent: host.CgroupParent ?? "",
    oomScoreAdj: host.OomScoreAdj ?? 0,
    sysctls: host.Sysctls ?? {},
    runtime: host.Runtime ?? "",
    publishAllPorts: host.PublishAllPorts ?? false,
    portBindings: parsePortBindings(host.PortBindings ?? {}),
    maskedPaths: host.MaskedPaths ?? undefined,
    readonlyPaths: host.ReadonlyPaths ?? undefined,
    annotations: host.Annotations ?? {},
    consoleSize: consoleSizeOf(host.ConsoleSize),
  };
}

/** What goes into the container's hosts and resolv.conf. */
function parseNames(host: HostConfig): Pick<HostSpec, "extraHosts" | "dns" | "dnsOptions" | "dnsSearch"> {
  for (const entry of host.ExtraHosts ?? []) {
    const at = entry.search(/[:=]/);
    const address = entry.slice(at + 1).replace(/^\[(.*)\]$/, "$1");
    if (at < 1 || (address !== "host-gateway" && isIP(address) === 0))
      throw invalid(`bad format for add-host: ${JSON.stringify(entry)}`);
  }
  for (const server of host.Dns ?? []) if (isIP(server) === 0) throw invalid(`bad nameserver address: ${server}`);
  return {
    extraHosts: host.ExtraHosts ?? [],
    dns: host.Dns ?? [],
    dnsOptions: host.DnsOptions ?? [],
    dnsSearch: host.DnsSearch ?? [],
  };
}

/** `[0, 0]` is what the docker command sends where it has no terminal. */
export function consoleSizeOf(
  size: readonly number[] | null | undefined,
): readonly [rows: number, columns: number] | undefined {
  const [rows = 0, columns = 0, more] = size ?? [];
  if (more !== undefined) throw invalid("ConsoleSize must be rows and columns");
  return rows > 0 && columns > 0 ? [rows, columns] : undefined;
}
