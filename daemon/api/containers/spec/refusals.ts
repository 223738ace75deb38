import type { ContainerCreateBody, HostConfig, Resources } from "../../../../sdk/contract/index.ts";
import { invalid, unsupported } from "./invalid.ts";

/** Fields of the body that say something to other engines; set to anything but their default they are refused. */
const CONFIG = ["NetworkDisabled", "OnBuild", "Shell"] as const satisfies (keyof ContainerCreateBody)[];

/** ContainerIDFile is not here: it names a file of the client's, and the daemon has no part in it. */
const HOST = ["Cgroup", "StorageOpt"] as const satisfies (keyof HostConfig)[];

const RESOURCES = [
  "BlkioWeight",
  "BlkioWeightDevice",
  "BlkioDeviceReadBps",
  "BlkioDeviceWriteBps",
  "BlkioDeviceReadIOps",
  "BlkioDeviceWriteIOps",
  "CpuRealtimePeriod",
  "CpuRealtimeRuntime",
  "DeviceCgroupRules",
  "DeviceRequests",
  "KernelMemory",
  "KernelMemoryTCP",
  "CpuCount",
  "CpuPercent",
  "IOMaximumIOps",
  "IOMaximumBandwidth",
] as const satisfies (keyof Resources)[];

/** @throws EngineError NotImplemented with the first field that is set and that the engine does not honour. */
export function refuseConfig(body: ContainerCreateBody): void {
  for (const field of CONFIG) if (isSet(body[field])) throw unsupported(field);
}

/** @throws EngineError NotImplemented, likewise; InvalidParameter for what Linux never has. */
export function refuseHostConfig(host: HostConfig): void {
  for (const field of HOST) if (isSet(host[field])) throw unsupported(`HostConfig.${field}`);
  if (isSet(host.Links) && host.NetworkMode === "host")
    throw invalid(
      "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    );
  if (isSet(host.Links) && host.NetworkMode === "none") throw unsupported("HostConfig.Links");
  refuseResources(host, "HostConfig.");
  if (isSet(host.Isolation) && host.Isolation !== "default")
    throw invalid(`Invalid isolation: ${JSON.stringify(host.Isolation)} - linux only supports 'default'`);
  // Without a remapping of users the host's user namespace is the only one there is.
  if (isSet(host.UsernsMode) && host.UsernsMode !== "host") throw invalid(`invalid userns mode: ${host.UsernsMode}`);
}

export function refuseResources(resources: Resources, prefix = ""): void {
  for (const field of RESOURCES) if (isSet(resources[field])) throw unsupported(`${prefix}${field}`);
  const swappiness = resources.MemorySwappiness ?? -1;
  if (swappiness < -1 || swappiness > 100)
    throw invalid(`Invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
  if (swappiness !== -1) throw unsupported(`${prefix}MemorySwappiness`);
}

/** Whether a field says anything: Go's clients send every field, at its zero value. */
export function isSet(value: unknown): boolean {
  if (value === null || value === undefined || value === "" || value === 0 || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
