import { Type, type Static } from "@sinclair/typebox";
import { Descriptor, DriverData, OrNull, SpaceReclaimed, TextMap, Texts } from "./common.ts";
import { ContainerConfig } from "./container-config.ts";
import { HostConfig, PortMap } from "./host-config.ts";
import { MountPoint } from "./mount.ts";
import { EndpointSettings } from "./network.ts";

export const ContainerStatus = Type.Union([
  Type.Literal("created"),
  Type.Literal("running"),
  Type.Literal("paused"),
  Type.Literal("restarting"),
  Type.Literal("removing"),
  Type.Literal("exited"),
  Type.Literal("dead"),
]);
export type ContainerStatus = Static<typeof ContainerStatus>;

/** One port of `GET /containers/json`. */
export const PortSummary = Type.Object({
  IP: Type.Optional(Type.String()),
  PrivatePort: Type.Integer(),
  PublicPort: Type.Optional(Type.Integer()),
  Type: Type.String(),
});
export type PortSummary = Static<typeof PortSummary>;

const Endpoints = OrNull(Type.Record(Type.String(), EndpointSettings));

/** One of `GET /containers/json`. */
export const ContainerSummary = Type.Object({
  Id: Type.String(),
  /** With their slashes. */
  Names: Texts,
  Image: Type.String(),
  ImageID: Type.String(),
  ImageManifestDescriptor: Type.Optional(Descriptor),
  Command: Type.String(),
  /** Seconds since the epoch. */
  Created: Type.Integer(),
  Ports: OrNull(Type.Array(PortSummary)),
  /** Bytes, only when asked for. */
  SizeRw: Type.Optional(Type.Integer()),
  SizeRootFs: Type.Optional(Type.Integer()),
  Labels: OrNull(TextMap),
  State: ContainerStatus,
  /** `Up 2 hours`, `Exited (0) 5 minutes ago`, … */
  Status: Type.String(),
  HostConfig: Type.Object({ NetworkMode: Type.Optional(Type.String()), Annotations: Type.Optional(TextMap) }),
  NetworkSettings: OrNull(Type.Object({ Networks: Endpoints })),
  Mounts: OrNull(Type.Array(MountPoint)),
});
export type ContainerSummary = Static<typeof ContainerSummary>;

/** Times are RFC 3339 with nanoseconds; `0001-01-01T00:00:00Z` is "never". */
export const HealthcheckResult = Type.Object({
  Start: Type.String(),
  End: Type.String(),
  ExitCode: Type.Integer(),
  Output: Type.String(),
});
export type HealthcheckResult = Static<typeof HealthcheckResult>;

export const Health = Type.Object({
  /** none, starting, healthy or unhealthy. */
  Status: Type.String(),
  FailingStreak: Type.Integer(),
  Log: OrNull(Type.Array(HealthcheckResult)),
});
export type Health = Static<typeof Health>;

export const ContainerState = Type.Object({
  Status: ContainerStatus,
  /** Also true while it is paused or restarting. */
  Running: Type.Boolean(),
  Paused: Type.Boolean(),
  Restarting: Type.Boolean(),
  OOMKilled: Type.Boolean(),
  Dead: Type.Boolean(),
  /** On the host; 0 when it does not run. */
  Pid: Type.Integer(),
  ExitCode: Type.Integer(),
  /** Why it could not start. */
  Error: Type.String(),
  StartedAt: Type.String(),
  FinishedAt: Type.String(),
  Health: Type.Optional(OrNull(Health)),
});
export type ContainerState = Static<typeof ContainerState>;

/** The flat fields repeat the endpoint on the default bridge; they are gone from 1.52. */
export const NetworkSettings = Type.Object({
  Bridge: Type.String(),
  SandboxID: Type.String(),
  SandboxKey: Type.String(),
  Ports: OrNull(PortMap),
  HairpinMode: Type.Boolean(),
  LinkLocalIPv6Address: Type.String(),
  LinkLocalIPv6PrefixLen: Type.Integer(),
  SecondaryIPAddresses: OrNull(Type.Array(Type.Unknown())),
  SecondaryIPv6Addresses: OrNull(Type.Array(Type.Unknown())),
  EndpointID: Type.String(),
  Gateway: Type.String(),
  GlobalIPv6Address: Type.String(),
  GlobalIPv6PrefixLen: Type.Integer(),
  IPAddress: Type.String(),
  IPPrefixLen: Type.Integer(),
  IPv6Gateway: Type.String(),
  MacAddress: Type.String(),
  Networks: Endpoints,
});
export type NetworkSettings = Static<typeof NetworkSettings>;

/** `GET /containers/{id}/json`. */
export const ContainerInspect = Type.Object({
  Id: Type.String(),
  /** RFC 3339 with nanoseconds. */
  Created: Type.String(),
  /** The first word of what runs, and the others. */
  Path: Type.String(),
  Args: Texts,
  State: ContainerState,
  /** Digest of the image's config. */
  Image: Type.String(),
  ImageManifestDescriptor: Type.Optional(Descriptor),
  ResolvConfPath: Type.String(),
  HostnamePath: Type.String(),
  HostsPath: Type.String(),
  LogPath: Type.String(),
  /** With its slash. */
  Name: Type.String(),
  RestartCount: Type.Integer(),
  /** Of the snapshots. */
  Driver: Type.String(),
  Platform: Type.String(),
  MountLabel: Type.String(),
  ProcessLabel: Type.String(),
  AppArmorProfile: Type.String(),
  ExecIDs: OrNull(Texts),
  HostConfig,
  GraphDriver: DriverData,
  /** Bytes, only when asked for. */
  SizeRw: Type.Optional(Type.Integer()),
  SizeRootFs: Type.Optional(Type.Integer()),
  Mounts: Type.Array(MountPoint),
  Config: ContainerConfig,
  NetworkSettings,
});
export type ContainerInspect = Static<typeof ContainerInspect>;

/** `GET /containers/{id}/top`: the words of each line of ps(1), by the titles. */
export const ContainerTop = Type.Object({ Titles: Texts, Processes: Type.Array(Texts) });
export type ContainerTop = Static<typeof ContainerTop>;

/** `POST /containers/{id}/wait`. */
export const ContainerWaitResponse = Type.Object({
  StatusCode: Type.Integer(),
  Error: Type.Optional(OrNull(Type.Object({ Message: Type.Optional(Type.String()) }))),
});
export type ContainerWaitResponse = Static<typeof ContainerWaitResponse>;

export const ContainerUpdateResponse = Type.Object({ Warnings: OrNull(Texts) });
export type ContainerUpdateResponse = Static<typeof ContainerUpdateResponse>;

export const ContainerPruneResponse = Type.Object({ ContainersDeleted: OrNull(Texts), SpaceReclaimed });
export type ContainerPruneResponse = Static<typeof ContainerPruneResponse>;

/** One of `GET /containers/{id}/changes`: 0 is changed, 1 added, 2 deleted. */
export const FilesystemChange = Type.Object({ Path: Type.String(), Kind: Type.Integer({ minimum: 0, maximum: 2 }) });
export type FilesystemChange = Static<typeof FilesystemChange>;
