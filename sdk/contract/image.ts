import { Type, type Static } from "@sinclair/typebox";
import { Descriptor, DriverData, OrNull, Platform, SpaceReclaimed, TextMap, Texts } from "./common.ts";
import { HealthConfig } from "./container-config.ts";

/** One of `GET /images/json?manifests=true`. */
export const ImageManifestSummary = Type.Object({
  ID: Type.String(),
  Descriptor,
  Available: Type.Boolean(),
  Size: Type.Object({ Total: Type.Integer(), Content: Type.Integer() }),
  Kind: Type.String(),
  ImageData: Type.Optional(
    OrNull(
      Type.Object({
        Platform,
        Containers: Texts,
        Size: Type.Object({ Unpacked: Type.Integer() }),
      }),
    ),
  ),
  AttestationData: Type.Optional(OrNull(Type.Object({ For: Type.String() }))),
});
export type ImageManifestSummary = Static<typeof ImageManifestSummary>;

/** One of `GET /images/json`. Sizes in bytes; -1 is "not counted". */
export const ImageSummary = Type.Object({
  /** Digest of the config. */
  Id: Type.String(),
  ParentId: Type.String(),
  RepoTags: OrNull(Texts),
  RepoDigests: OrNull(Texts),
  /** Seconds since the epoch. */
  Created: Type.Integer(),
  Size: Type.Integer(),
  /** Only before 1.44. */
  VirtualSize: Type.Optional(Type.Integer()),
  SharedSize: Type.Integer(),
  Labels: OrNull(TextMap),
  Containers: Type.Integer(),
  Manifests: Type.Optional(Type.Array(ImageManifestSummary)),
  Descriptor: Type.Optional(Descriptor),
});
export type ImageSummary = Static<typeof ImageSummary>;

/** image-spec `config`, as inspect shows it. */
export const ImageConfig = Type.Object({
  User: Type.Optional(Type.String()),
  ExposedPorts: Type.Optional(OrNull(Type.Record(Type.String(), Type.Object({})))),
  Env: Type.Optional(OrNull(Texts)),
  Cmd: Type.Optional(OrNull(Texts)),
  Healthcheck: Type.Optional(OrNull(HealthConfig)),
  ArgsEscaped: Type.Optional(Type.Boolean()),
  Volumes: Type.Optional(OrNull(Type.Record(Type.String(), Type.Object({})))),
  WorkingDir: Type.Optional(Type.String()),
  Entrypoint: Type.Optional(OrNull(Texts)),
  OnBuild: Type.Optional(OrNull(Texts)),
  Labels: Type.Optional(OrNull(TextMap)),
  StopSignal: Type.Optional(Type.String()),
  Shell: Type.Optional(OrNull(Texts)),
});
export type ImageConfig = Static<typeof ImageConfig>;

/** `GET /images/{name}/json`. */
export const ImageInspect = Type.Object({
  Id: Type.String(),
  Descriptor: Type.Optional(OrNull(Descriptor)),
  Manifests: Type.Optional(OrNull(Type.Array(ImageManifestSummary))),
  RepoTags: Texts,
  RepoDigests: Texts,
  Parent: Type.String(),
  Comment: Type.String(),
  /** RFC 3339. */
  Created: Type.Optional(Type.String()),
  DockerVersion: Type.String(),
  Author: Type.String(),
  Config: ImageConfig,
  Architecture: Type.String(),
  Variant: Type.Optional(Type.String()),
  Os: Type.String(),
  OsVersion: Type.Optional(Type.String()),
  /** Bytes of the unpacked layers. */
  Size: Type.Integer(),
  /** Only before 1.44. */
  VirtualSize: Type.Optional(Type.Integer()),
  GraphDriver: DriverData,
  RootFS: Type.Object({ Type: Type.String(), Layers: Type.Optional(Texts) }),
  Metadata: Type.Object({ LastTagTime: Type.Optional(Type.String()) }),
});
export type ImageInspect = Static<typeof ImageInspect>;

/** One of `GET /images/{name}/history`, newest first. */
export const ImageHistoryItem = Type.Object({
  /** `<missing>` for a layer that no image of ours ends with. */
  Id: Type.String(),
  Created: Type.Integer(),
  CreatedBy: Type.String(),
  Tags: OrNull(Texts),
  Size: Type.Integer(),
  Comment: Type.String(),
});
export type ImageHistoryItem = Static<typeof ImageHistoryItem>;

export const ImageDeleteItem = Type.Object({
  Untagged: Type.Optional(Type.String()),
  Deleted: Type.Optional(Type.String()),
});
export type ImageDeleteItem = Static<typeof ImageDeleteItem>;

export const ImagesPruneResponse = Type.Object({
  ImagesDeleted: OrNull(Type.Array(ImageDeleteItem)),
  SpaceReclaimed,
});
export type ImagesPruneResponse = Static<typeof ImagesPruneResponse>;

/** `GET /distribution/{name}/json`. */
export const DistributionInspect = Type.Object({ Descriptor, Platforms: OrNull(Type.Array(Platform)) });
export type DistributionInspect = Static<typeof DistributionInspect>;

/** One of `GET /images/search`. */
export const ImageSearchItem = Type.Object({
  name: Type.String(),
  description: Type.String(),
  is_official: Type.Boolean(),
  is_automated: Type.Boolean(),
  star_count: Type.Integer(),
});
export type ImageSearchItem = Static<typeof ImageSearchItem>;

/** One line of the JSON stream of pull, push, load, import and build. An error ends the stream. */
export const ProgressMessage = Type.Object({
  /** The layer or tag that the line is about. */
  id: Type.Optional(Type.String()),
  status: Type.Optional(Type.String()),
  stream: Type.Optional(Type.String()),
  /** Bytes; absent numbers are unknown. */
  progressDetail: Type.Optional(
    Type.Object({
      current: Type.Optional(Type.Integer()),
      total: Type.Optional(Type.Integer()),
      units: Type.Optional(Type.String()),
      hidecounts: Type.Optional(Type.Boolean()),
    }),
  ),
  /** Drawn by the daemon, for clients that do not. */
  progress: Type.Optional(Type.String()),
  error: Type.Optional(Type.String()),
  errorDetail: Type.Optional(Type.Object({ code: Type.Optional(Type.Integer()), message: Type.String() })),
  aux: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});
export type ProgressMessage = Static<typeof ProgressMessage>;
