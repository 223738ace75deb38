/** Media types of image-spec (media-types.md) and of Docker's manifest v2, schema 2 (distribution, manifest-v2-2.md). */
export const MEDIA_TYPES = {
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

const MANIFESTS: readonly string[] = [MEDIA_TYPES.ociManifest, MEDIA_TYPES.dockerManifest];
const INDEXES: readonly string[] = [MEDIA_TYPES.ociIndex, MEDIA_TYPES.dockerList];
const CONFIGS: readonly string[] = [MEDIA_TYPES.ociConfig, MEDIA_TYPES.dockerConfig];

const LAYERS: readonly string[] = [
  MEDIA_TYPES.ociLayer,
  MEDIA_TYPES.ociLayerGzip,
  MEDIA_TYPES.ociLayerZstd,
  MEDIA_TYPES.dockerLayer,
  MEDIA_TYPES.dockerLayerGzip,
  // Written by some builders, read by every engine.
  "application/vnd.docker.image.rootfs.diff.tar.zstd",
];

/** "Foreign" layers: fetched from the URLs of the descriptor, never pushed; deprecated since image-spec 1.1. */
const FOREIGN: readonly string[] = [
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
];

/** What a pull can take, for the Accept header. */
export const ACCEPTED = [...MANIFESTS, ...INDEXES] as const;

export const isManifestType = (type: string): boolean => MANIFESTS.includes(type);
export const isIndexType = (type: string): boolean => INDEXES.includes(type);
export const isConfigType = (type: string): boolean => CONFIGS.includes(type);
export const isForeignType = (type: string): boolean => FOREIGN.includes(type);
export const isLayerType = (type: string): boolean => LAYERS.includes(type) || isForeignType(type);
/** A layer that is a bare tar: it is compressed before it is pushed. */
export const isPlainLayerType = (type: string): boolean =>
  type === MEDIA_TYPES.ociLayer || type === MEDIA_TYPES.dockerLayer;

/** The type without its parameters, lower case: `Application/JSON; charset=utf-8` → `application/json`. */
export function bareMediaType(header: string): string {
  return (header.split(";", 1)[0] ?? "").trim().toLowerCase();
}
