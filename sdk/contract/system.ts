import { Type, type Static } from "@sinclair/typebox";
import { OrNull, TextMap, Texts } from "./common.ts";
import { ContainerSummary } from "./container.ts";
import { ImageSummary } from "./image.ts";
import { Volume } from "./volume.ts";

/** `GET /version`. */
export const SystemVersion = Type.Object({
  Platform: Type.Optional(Type.Object({ Name: Type.String() })),
  Components: Type.Optional(
    Type.Array(Type.Object({ Name: Type.String(), Version: Type.String(), Details: Type.Optional(OrNull(TextMap)) })),
  ),
  Version: Type.String(),
  ApiVersion: Type.String(),
  MinAPIVersion: Type.Optional(Type.String()),
  GitCommit: Type.String(),
  /** The version of the language's runtime; clients print it. */
  GoVersion: Type.String(),
  Os: Type.String(),
  Arch: Type.String(),
  KernelVersion: Type.Optional(Type.String()),
  Experimental: Type.Optional(Type.Boolean()),
  BuildTime: Type.Optional(Type.String()),
});
export type SystemVersion = Static<typeof SystemVersion>;

const Pairs = OrNull(Type.Array(Texts));
const Commit = Type.Object({ ID: Type.String(), Expected: Type.Optional(Type.String()) });

export const IndexInfo = Type.Object({
  Name: Type.String(),
  Mirrors: OrNull(Texts),
  Secure: Type.Boolean(),
  Official: Type.Boolean(),
});
export type IndexInfo = Static<typeof IndexInfo>;

export const RegistryServiceConfig = Type.Object({
  AllowNondistributableArtifactsCIDRs: Type.Optional(OrNull(Texts)),
  AllowNondistributableArtifactsHostnames: Type.Optional(OrNull(Texts)),
  InsecureRegistryCIDRs: OrNull(Texts),
  IndexConfigs: OrNull(Type.Record(Type.String(), IndexInfo)),
  Mirrors: OrNull(Texts),
});
export type RegistryServiceConfig = Static<typeof RegistryServiceConfig>;

export const SwarmInfo = Type.Object({
  NodeID: Type.String(),
  NodeAddr: Type.String(),
  LocalNodeState: Type.String(),
  ControlAvailable: Type.Boolean(),
  Error: Type.String(),
  RemoteManagers: OrNull(Type.Array(Type.Object({ NodeID: Type.String(), Addr: Type.String() }))),
});
export type SwarmInfo = Static<typeof SwarmInfo>;

/** `GET /info`. */
export const SystemInfo = Type.Object({
  ID: Type.String(),
  Containers: Type.Integer(),
  ContainersRunning: Type.Integer(),
  ContainersPaused: Type.Integer(),
  ContainersStopped: Type.Integer(),
  Images: Type.Integer(),
  /** Of the snapshots. */
  Driver: Type.String(),
  DriverStatus: Pairs,
  SystemStatus: Type.Optional(Pairs),
  Plugins: Type.Object({
    Volume: OrNull(Texts),
    Network: OrNull(Texts),
    Authorization: OrNull(Texts),
    Log: OrNull(Texts),
  }),
  MemoryLimit: Type.Boolean(),
  SwapLimit: Type.Boolean(),
  CpuCfsPeriod: Type.Boolean(),
  CpuCfsQuota: Type.Boolean(),
  CPUShares: Type.Boolean(),
  CPUSet: Type.Boolean(),
  PidsLimit: Type.Boolean(),
  IPv4Forwarding: Type.Boolean(),
  /** Only before 1.50, like its sibling for IPv6. */
  BridgeNfIptables: Type.Optional(Type.Boolean()),
  BridgeNfIp6tables: Type.Optional(Type.Boolean()),
  Debug: Type.Boolean(),
  /** Open descriptors of the daemon. */
  NFd: Type.Integer(),
  OomKillDisable: Type.Boolean(),
  NGoroutines: Type.Integer(),
  /** RFC 3339 with nanoseconds. */
  SystemTime: Type.String(),
  LoggingDriver: Type.String(),
  CgroupDriver: Type.String(),
  CgroupVersion: Type.Optional(Type.String()),
  NEventsListener: Type.Integer(),
  KernelVersion: Type.String(),
  OperatingSystem: Type.String(),
  OSVersion: Type.String(),
  OSType: Type.String(),
  Architecture: Type.String(),
  IndexServerAddress: Type.String(),
  RegistryConfig: OrNull(RegistryServiceConfig),
  NCPU: Type.Integer(),
  /** Bytes. */
  MemTotal: Type.Integer(),
  GenericResources: OrNull(Type.Array(Type.Unknown())),
  DockerRootDir: Type.String(),
  HttpProxy: Type.String(),
  HttpsProxy: Type.String(),
  NoProxy: Type.String(),
  Name: Type.String(),
  Labels: OrNull(Texts),
  ExperimentalBuild: Type.Boolean(),
  ServerVersion: Type.String(),
  Runtimes: Type.Record(
    Type.String(),
    Type.Object({
      path: Type.Optional(Type.String()),
      runtimeArgs: Type.Optional(OrNull(Texts)),
      status: Type.Optional(OrNull(TextMap)),
    }),
  ),
  DefaultRuntime: Type.String(),
  Swarm: SwarmInfo,
  LiveRestoreEnabled: Type.Boolean(),
  Isolation: Type.String(),
  InitBinary: Type.String(),
  ContainerdCommit: Commit,
  RuncCommit: Commit,
  InitCommit: Commit,
  SecurityOptions: OrNull(Texts),
  ProductLicense: Type.Optional(Type.String()),
  DefaultAddressPools: Type.Optional(OrNull(Type.Array(Type.Object({ Base: Type.String(), Size: Type.Integer() })))),
  FirewallBackend: Type.Optional(OrNull(Type.Object({ Driver: Type.String(), Info: Type.Optional(Pairs) }))),
  DiscoveredDevices: Type.Optional(OrNull(Type.Array(Type.Object({ Source: Type.String(), ID: Type.String() })))),
  CDISpecDirs: Type.Optional(OrNull(Texts)),
  Containerd: Type.Optional(
    OrNull(
      Type.Object({
        Address: Type.String(),
        Namespaces: Type.Object({ Containers: Type.String(), Plugins: Type.String() }),
      }),
    ),
  ),
  Warnings: OrNull(Texts),
});
export type SystemInfo = Static<typeof SystemInfo>;

export const BuildCacheRecord = Type.Object({
  ID: Type.String(),
  Parents: Type.Optional(OrNull(Texts)),
  Type: Type.String(),
  Description: Type.String(),
  InUse: Type.Boolean(),
  Shared: Type.Boolean(),
  Size: Type.Integer(),
  CreatedAt: Type.String(),
  LastUsedAt: OrNull(Type.String()),
  UsageCount: Type.Integer(),
});
export type BuildCacheRecord = Static<typeof BuildCacheRecord>;

/** `GET /system/df`. Sizes in bytes. */
export const SystemDataUsage = Type.Object({
  LayersSize: Type.Integer(),
  Images: OrNull(Type.Array(ImageSummary)),
  Containers: OrNull(Type.Array(ContainerSummary)),
  Volumes: OrNull(Type.Array(Volume)),
  BuildCache: OrNull(Type.Array(BuildCacheRecord)),
});
export type SystemDataUsage = Static<typeof SystemDataUsage>;
