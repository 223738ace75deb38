import { Type, type Static } from "@sinclair/typebox";
import {
  Nullable,
  OptionalFlag,
  OptionalInteger,
  OptionalText,
  OptionalTextMap,
  OptionalTexts,
  OptionalWords,
} from "./common.ts";
import { Mount } from "./mount.ts";

export const DeviceMapping = Type.Object({
  PathOnHost: OptionalText,
  PathInContainer: OptionalText,
  /** Any of `rwm`. */
  CgroupPermissions: OptionalText,
});
export type DeviceMapping = Static<typeof DeviceMapping>;

/** Devices by what they can do (`--gpus`, CDI). */
export const DeviceRequest = Type.Object({
  Driver: OptionalText,
  Count: OptionalInteger,
  DeviceIDs: OptionalTexts,
  Capabilities: Nullable(Type.Array(Type.Array(Type.String()))),
  Options: OptionalTextMap,
});
export type DeviceRequest = Static<typeof DeviceRequest>;

export const ThrottleDevice = Type.Object({ Path: OptionalText, Rate: OptionalInteger });
export type ThrottleDevice = Static<typeof ThrottleDevice>;

export const WeightDevice = Type.Object({ Path: OptionalText, Weight: OptionalInteger });
export type WeightDevice = Static<typeof WeightDevice>;

/** getrlimit(2), the name without RLIMIT_ in lower case; -1 is no limit. */
export const Ulimit = Type.Object({ Name: OptionalText, Soft: OptionalInteger, Hard: OptionalInteger });
export type Ulimit = Static<typeof Ulimit>;

export const RestartPolicy = Type.Object({
  /** "", no, always, unless-stopped or on-failure. */
  Name: OptionalText,
  MaximumRetryCount: OptionalInteger,
});
export type RestartPolicy = Static<typeof RestartPolicy>;

const resources = {
  CpuShares: OptionalInteger,
  /** Bytes; so are the other limits of memory. */
  Memory: OptionalInteger,
  /** 1e-9 CPUs. */
  NanoCpus: OptionalInteger,
  CgroupParent: OptionalText,
  BlkioWeight: OptionalInteger,
  BlkioWeightDevice: Nullable(Type.Array(WeightDevice)),
  BlkioDeviceReadBps: Nullable(Type.Array(ThrottleDevice)),
  BlkioDeviceWriteBps: Nullable(Type.Array(ThrottleDevice)),
  BlkioDeviceReadIOps: Nullable(Type.Array(ThrottleDevice)),
  BlkioDeviceWriteIOps: Nullable(Type.Array(ThrottleDevice)),
  /** Microseconds; so are the other times of the CPU. */
  CpuPeriod: OptionalInteger,
  CpuQuota: OptionalInteger,
  CpuRealtimePeriod: OptionalInteger,
  CpuRealtimeRuntime: OptionalInteger,
  CpusetCpus: OptionalText,
  CpusetMems: OptionalText,
  Devices: Nullable(Type.Array(DeviceMapping)),
  DeviceCgroupRules: OptionalTexts,
  DeviceRequests: Nullable(Type.Array(DeviceRequest)),
  /** Gone since 1.42, like its sibling: cgroups account for the kernel's memory with the rest. */
  KernelMemory: OptionalInteger,
  KernelMemoryTCP: OptionalInteger,
  MemoryReservation: OptionalInteger,
  /** Memory and swap together; -1 is unlimited. */
  MemorySwap: OptionalInteger,
  /** 0 to 100; -1 or null is the kernel's. */
  MemorySwappiness: OptionalInteger,
  OomKillDisable: OptionalFlag,
  /** 0, -1 and null are no limit. */
  PidsLimit: OptionalInteger,
  Ulimits: Nullable(Type.Array(Ulimit)),
  /** Windows only, like the three that follow. */
  CpuCount: OptionalInteger,
  CpuPercent: OptionalInteger,
  IOMaximumIOps: OptionalInteger,
  IOMaximumBandwidth: OptionalInteger,
};

export const Resources = Type.Object(resources);
export type Resources = Static<typeof Resources>;

export const PortBinding = Type.Object({
  /** "" is all addresses. */
  HostIp: OptionalText,
  /** A number or a range; "" is any free port. */
  HostPort: OptionalText,
});
export type PortBinding = Static<typeof PortBinding>;

/** By `port/protocol`; `null` for a port that is exposed and not published. */
export const PortMap = Type.Record(Type.String(), Type.Union([Type.Array(PortBinding), Type.Null()]));
export type PortMap = Static<typeof PortMap>;

export const LogConfig = Type.Object({ Type: OptionalText, Config: OptionalTextMap });
export type LogConfig = Static<typeof LogConfig>;

/** What the host gives to a container. Sent with create; inspect answers the same shape. */
export const HostConfig = Type.Object({
  ...resources,
  Init: OptionalFlag,
  Binds: OptionalTexts,
  ContainerIDFile: OptionalText,
  LogConfig: Nullable(LogConfig),
  NetworkMode: OptionalText,
  PortBindings: Nullable(PortMap),
  RestartPolicy: Nullable(RestartPolicy),
  AutoRemove: OptionalFlag,
  VolumeDriver: OptionalText,
  VolumesFrom: OptionalTexts,
  Mounts: Nullable(Type.Array(Mount)),
  /** Rows and columns of the client's terminal. */
  ConsoleSize: Nullable(Type.Array(Type.Integer({ minimum: 0 }))),
  Annotations: OptionalTextMap,
  CapAdd: OptionalWords,
  CapDrop: OptionalWords,
  /** "", private or host. */
  CgroupnsMode: OptionalText,
  Dns: OptionalTexts,
  DnsOptions: OptionalTexts,
  DnsSearch: OptionalTexts,
  /** `name:address`. */
  ExtraHosts: OptionalTexts,
  GroupAdd: OptionalTexts,
  /** "", none, private, shareable, host or `container:ref`. */
  IpcMode: OptionalText,
  Cgroup: OptionalText,
  Links: OptionalTexts,
  OomScoreAdj: OptionalInteger,
  /** "", host or `container:ref`. */
  PidMode: OptionalText,
  Privileged: OptionalFlag,
  PublishAllPorts: OptionalFlag,
  ReadonlyRootfs: OptionalFlag,
  SecurityOpt: OptionalTexts,
  StorageOpt: OptionalTextMap,
  /** Options of mount(8) by the path in the container. */
  Tmpfs: OptionalTextMap,
  UTSMode: OptionalText,
  UsernsMode: OptionalText,
  /** Bytes of /dev/shm; 0 is 64 MiB. */
  ShmSize: OptionalInteger,
  Sysctls: OptionalTextMap,
  Runtime: OptionalText,
  /** Windows only. */
  Isolation: OptionalText,
  /** null is Docker's list, [] is none. */
  MaskedPaths: OptionalTexts,
  ReadonlyPaths: OptionalTexts,
});
export type HostConfig = Static<typeof HostConfig>;
