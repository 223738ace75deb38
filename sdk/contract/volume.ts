import { Type, type Static } from "@sinclair/typebox";
import { Nullable, OptionalText, OptionalTextMap, OrNull, SpaceReclaimed, TextMap, Texts } from "./common.ts";

export const VolumeCreateBody = Type.Object({
  /** Without one the volume is anonymous and gets an id for a name. */
  Name: OptionalText,
  Driver: OptionalText,
  DriverOpts: OptionalTextMap,
  Labels: OptionalTextMap,
  ClusterVolumeSpec: Nullable(Type.Object({})),
});
export type VolumeCreateBody = Static<typeof VolumeCreateBody>;

export const Volume = Type.Object({
  /** RFC 3339. */
  CreatedAt: Type.Optional(Type.String()),
  Driver: Type.String(),
  Labels: OrNull(TextMap),
  Mountpoint: Type.String(),
  Name: Type.String(),
  Options: OrNull(TextMap),
  Scope: Type.String(),
  Status: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  /** Only in `GET /system/df`. Bytes; -1 is unknown. */
  UsageData: Type.Optional(OrNull(Type.Object({ Size: Type.Integer(), RefCount: Type.Integer() }))),
});
export type Volume = Static<typeof Volume>;

export const VolumeListResponse = Type.Object({ Volumes: OrNull(Type.Array(Volume)), Warnings: OrNull(Texts) });
export type VolumeListResponse = Static<typeof VolumeListResponse>;

export const VolumesPruneResponse = Type.Object({ VolumesDeleted: OrNull(Texts), SpaceReclaimed });
export type VolumesPruneResponse = Static<typeof VolumesPruneResponse>;
