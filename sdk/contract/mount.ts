import { Type, type Static } from "@sinclair/typebox";
import { Nullable, OptionalFlag, OptionalInteger, OptionalText, OptionalTextMap } from "./common.ts";

export const BindOptions = Type.Object({
  /** mount_namespaces(7): private, rprivate, shared, rshared, slave or rslave. */
  Propagation: OptionalText,
  NonRecursive: OptionalFlag,
  CreateMountpoint: OptionalFlag,
  ReadOnlyNonRecursive: OptionalFlag,
  ReadOnlyForceRecursive: OptionalFlag,
});
export type BindOptions = Static<typeof BindOptions>;

export const VolumeOptions = Type.Object({
  /** The new volume stays empty: it does not take over what the image has at its path. */
  NoCopy: OptionalFlag,
  Labels: OptionalTextMap,
  DriverConfig: Nullable(Type.Object({ Name: OptionalText, Options: OptionalTextMap })),
  Subpath: OptionalText,
});
export type VolumeOptions = Static<typeof VolumeOptions>;

export const TmpfsOptions = Type.Object({
  /** Bytes; 0 is no limit. */
  SizeBytes: OptionalInteger,
  /** Permission bits as a decimal number: 511 is 0777. */
  Mode: OptionalInteger,
  /** mount(8) options, one or two words each. */
  Options: Nullable(Type.Array(Type.Array(Type.String()))),
});
export type TmpfsOptions = Static<typeof TmpfsOptions>;

/** One of `HostConfig.Mounts`. */
export const Mount = Type.Object({
  /** bind, volume, tmpfs, image, npipe or cluster. */
  Type: OptionalText,
  Source: OptionalText,
  Target: OptionalText,
  ReadOnly: OptionalFlag,
  /** Of Docker Desktop; without effect on Linux. */
  Consistency: OptionalText,
  BindOptions: Nullable(BindOptions),
  VolumeOptions: Nullable(VolumeOptions),
  ImageOptions: Nullable(Type.Object({ Subpath: OptionalText })),
  TmpfsOptions: Nullable(TmpfsOptions),
  ClusterOptions: Nullable(Type.Object({})),
});
export type Mount = Static<typeof Mount>;

/** What is mounted where, as list and inspect say it. */
export const MountPoint = Type.Object({
  Type: Type.Optional(Type.String()),
  /** Of a volume. */
  Name: Type.Optional(Type.String()),
  Source: Type.String(),
  Destination: Type.String(),
  Driver: Type.Optional(Type.String()),
  Mode: Type.String(),
  RW: Type.Boolean(),
  Propagation: Type.String(),
});
export type MountPoint = Static<typeof MountPoint>;
