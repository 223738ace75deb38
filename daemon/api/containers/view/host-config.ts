import type { HostConfig, PortMap } from "../../../../sdk/contract/index.ts";
import type { ContainerSpec, PortBinding, ResourceSpec } from "../../../engine/model/container.ts";
import { mountsJson } from "./mounts.ts";

/** `HostConfig` of inspect, with Docker's way to say that nothing was asked for: null for some lists, [] for others. */
export function hostConfigJson(spec: ContainerSpec, imageVolumes: readonly string[]): HostConfig {
  const { host } = spec;
  return {
    ...mountsJson(spec, imageVolumes),
    ...resourcesJson(host.resources),
    ...unsetJson(),
    Binds: orNull(host.binds),
    LogConfig: { Type: host.log.driver, Config: host.log.options },
    NetworkMode: host.network,
    PortBindings: portsJson(host.portBindings),
    VolumesFrom: orNull(host.volumesFrom ?? []),
    RestartPolicy: {
      Name: host.restartPolicy.name,
      MaximumRetryCount: host.restartPolicy.maximumRetryCount,
    },
    AutoRemove: host.autoRemove,
    ConsoleSize: [...(host.consoleSize ?? [0, 0])],
    ...(Object.keys(host.annotations).length > 0 && { Annotations: host.annotations }),
    CapAdd: orNull(host.capAdd),
    CapDrop: orNull(host.capDrop),
    CgroupnsMode: host.cgroupnsMode,
    Dns: [...host.dns],
    DnsOptions: [...host.dnsOptions],
    DnsSearch: [...host.dnsSearch],
    ExtraHosts: orNull(host.extraHosts),
    GroupAdd: orNull(host.groupAdd),
    IpcMode: host.ipcMode,
    OomScoreAdj: host.oomScoreAdj,
    PidMode: host.pidMode,
    Privileged: host.privileged,
    PublishAllPorts: host.publishAllPorts,
    ReadonlyRootfs: host.readonlyRootfs,
    SecurityOpt: orNull(host.securityOpt),
    UTSMode: host.utsMode,
    ShmSize: host.shmSize,
    ...(Object.keys(host.sysctls).length > 0 && { Sysctls: host.sysctls }),
    Runtime: host.runtime || "runc",
    CgroupParent: host.cgroupParent,
    Devices: host.devices.map((device) => ({
      PathOnHost: device.hostPath,
      PathInContainer: device.containerPath,
      CgroupPermissions: device.permissions,
    })),
    Ulimits: host.ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    ...(host.init && { Init: true }),
    MaskedPaths: host.maskedPaths === undefined ? null : [...host.maskedPaths],
    ReadonlyPaths: host.readonlyPaths === undefined ? null : [...host.readonlyPaths],
  };
}

function resourcesJson(resources: ResourceSpec): Partial<HostConfig> {
  return {
    CpuShares: resources.cpuShares,
    Memory: resources.memory,
    NanoCpus: resources.nanoCpus,
    CpuPeriod: resources.cpuPeriod,
    CpuQuota: resources.cpuQuota,
    CpusetCpus: resources.cpusetCpus,
    CpusetMems: resources.cpusetMems,
    MemoryReservation: resources.memoryReservation,
    // Where only the memory is limited, as much swap again is what the kernel is told.
    MemorySwap: resources.memory > 0 && resources.memorySwap === 0 ? resources.memory * 2 : resources.memorySwap,
    MemorySwappiness: null,
    OomKillDisable: resources.oomKillDisable,
    PidsLimit: resources.pidsLimit === 0 ? null : resources.pidsLimit,
  };
}

function portsJson(bindings: readonly PortBinding[]): PortMap {
  const ports: PortMap = {};
  for (const { containerPort, protocol, hostIp, hostPort, hostPortEnd } of bindings) {
    const range = hostPortEnd > hostPort ? `${hostPort}-${hostPortEnd}` : String(hostPort);
    const binding = { HostIp: hostIp, HostPort: hostPort === 0 ? "" : range };
    (ports[`${containerPort}/${protocol}`] ??= []).push(binding);
  }
  return ports;
}

/** What create refuses, so that it is never set. */
function unsetJson(): Partial<HostConfig> {
  return {
    ContainerIDFile: "",
    VolumeDriver: "",
    Cgroup: "",
    Links: null,
    UsernsMode: "",
    Isolation: "",
    BlkioWeight: 0,
    BlkioWeightDevice: [],
    BlkioDeviceReadBps: [],
    BlkioDeviceWriteBps: [],
    BlkioDeviceReadIOps: [],
    BlkioDeviceWriteIOps: [],
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    DeviceCgroupRules: null,
    DeviceRequests: null,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
  };
}

function orNull(list: readonly string[]): string[] | null {
  return list.length > 0 ? [...list] : null;
}
