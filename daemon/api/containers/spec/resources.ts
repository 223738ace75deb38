import type { HostConfig, Resources } from "../../../../sdk/contract/index.ts";
import type { DeviceSpec, ResourceSpec, Ulimit } from "../../../engine/model/container.ts";
import { invalid } from "./invalid.ts";

/** Limits as they are asked for; whether they go together the engine says. */
export function parseResources(resources: Resources): ResourceSpec {
  return {
    memory: notNegative("Memory", resources.Memory),
    memorySwap: resources.MemorySwap ?? 0,
    memoryReservation: notNegative("MemoryReservation", resources.MemoryReservation),
    nanoCpus: resources.NanoCpus ?? 0,
    cpuShares: notNegative("CpuShares", resources.CpuShares),
    cpuPeriod: resources.CpuPeriod ?? 0,
    cpuQuota: resources.CpuQuota ?? 0,
    cpusetCpus: cpuset("cpuset cpus", resources.CpusetCpus ?? ""),
    cpusetMems: cpuset("cpuset mems", resources.CpusetMems ?? ""),
    pidsLimit: resources.PidsLimit ?? 0,
    oomKillDisable: resources.OomKillDisable ?? false,
  };
}

function notNegative(field: string, value: number | null | undefined): number {
  if ((value ?? 0) < 0) throw invalid(`invalid ${field}: ${value} is negative`);
  return value ?? 0;
}

/** List format of cpuset(7). */
function cpuset(what: string, list: string): string {
  if (list !== "" && !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(list)) throw invalid(`Invalid value ${list} for ${what}`);
  return list;
}

export function parseUlimits(ulimits: NonNullable<HostConfig["Ulimits"]>): readonly Ulimit[] {
  return ulimits.map(({ Name, Soft, Hard }) => {
    if (!Name) throw invalid("invalid ulimit type: ");
    return { name: Name, soft: Soft ?? 0, hard: Hard ?? Soft ?? 0 };
  });
}

export function parseDevices(devices: NonNullable<HostConfig["Devices"]>): readonly DeviceSpec[] {
  return devices.map(({ PathOnHost, PathInContainer, CgroupPermissions }) => {
    const hostPath = PathOnHost ?? "";
    const permissions = CgroupPermissions || "rwm";
    if (!hostPath.startsWith("/")) throw invalid(`invalid device: ${JSON.stringify(hostPath)} is not an absolute path`);
    if (!/^[rwm]{1,3}$/.test(permissions)) throw invalid(`invalid device mode: ${permissions}`);
    const containerPath = PathInContainer || hostPath;
    if (!containerPath.startsWith("/"))
      throw invalid(`invalid device: ${JSON.stringify(containerPath)} is not an absolute path`);
    return { hostPath, containerPath, permissions };
  });
}
