import { EngineError } from "../base/errors.ts";
import { type Descriptor, readDescriptor } from "./descriptor.ts";
import { JsonReader, parseJsonObject } from "./json.ts";
import { MEDIA_TYPES, bareMediaType, isConfigType, isIndexType, isLayerType, isManifestType } from "./media-types.ts";
import type { Platform } from "./platform.ts";

/** Bytes; the limit that registries must accept at least (distribution-spec, "Pushing Manifests"). */
export const MANIFEST_LIMIT = 4 * 1024 * 1024;
/** Far above overlayfs' own limit and above any image in use. */
const LAYERS_MAX = 512;
const MANIFESTS_MAX = 2048;

/** One image of one platform (image-spec manifest.md; Docker's manifest v2, schema 2). */
export interface Manifest {
  readonly kind: "manifest";
  readonly mediaType: string;
  readonly config: Descriptor;
  /** Bottom first. */
  readonly layers: readonly Descriptor[];
}

/** Images of several platforms (image-spec image-index.md; Docker's manifest list). */
export interface ImageIndex {
  readonly kind: "index";
  readonly mediaType: string;
  readonly manifests: readonly IndexEntry[];
}

export interface IndexEntry extends Descriptor {
  readonly platform?: Platform;
}

/**
 * Reads a manifest or an index. `contentType` is what the registry, or the descriptor that led here, called it: the bytes
 * must say the same where they say anything, and must not be readable as both kinds (CVE-2021-41190).
 * @throws EngineError InvalidParameter.
 */
export function parseManifest(bytes: Uint8Array, contentType?: string): Manifest | ImageIndex {
  const object = parseJsonObject(bytes, MANIFEST_LIMIT, "manifest");
  const json = new JsonReader(object, "manifest");
  const mediaType = manifestType(json, contentType);
  if (json.has("manifests") && (json.has("layers") || json.has("config"))) {
    throw new EngineError("InvalidParameter", "manifest has both manifests and layers: its kind is ambiguous");
  }
  if (json.count("schemaVersion") !== 2) throw unsupported(`schema version ${String(object.schemaVersion)}`);
  return isIndexType(mediaType) ? readIndex(json, mediaType) : readImage(json, mediaType);
}

function unsupported(what: string): EngineError {
  return new EngineError("InvalidParameter", `unsupported manifest: ${what}`);
}

function manifestType(json: JsonReader, contentType: string | undefined): string {
  const outer = contentType === undefined ? "" : bareMediaType(contentType);
  const inner = json.string("mediaType") ?? "";
  const outerKnown = isManifestType(outer) || isIndexType(outer);
  // Some registries answer with a plain JSON type; what a known type says must then come from the bytes.
  const generic =
    outer === "" || outer === "application/json" || outer === "text/plain" || outer === "application/octet-stream";
  if (!outerKnown && !generic) throw unsupported(`media type ${outer}`);
  if (outerKnown && inner !== "" && inner !== outer) {
    throw new EngineError("InvalidParameter", `manifest says media type ${inner} but is served as ${outer}`);
  }
  const type = outerKnown ? outer : inner;
  if (type === "") return json.has("manifests") ? MEDIA_TYPES.ociIndex : MEDIA_TYPES.ociManifest;
  if (!isManifestType(type) && !isIndexType(type)) throw unsupported(`media type ${type}`);
  return type;
}

function readIndex(json: JsonReader, mediaType: string): ImageIndex {
  const entries = json.objects("manifests", MANIFESTS_MAX);
  if (entries === undefined) throw new EngineError("InvalidParameter", "manifest list has no manifests");
  return { kind: "index", mediaType, manifests: entries.map(readEntry) };
}

function readEntry(json: JsonReader): IndexEntry {
  const descriptor = readDescriptor(json, "manifest list entry");
  const platform = json.object("platform");
  if (platform === undefined) return descriptor;
  const variant = platform.string("variant");
  const osVersion = platform.string("os.version");
  return {
    ...descriptor,
    platform: {
      os: platform.string("os") ?? "",
      architecture: platform.string("architecture") ?? "",
      ...(variant === undefined || variant === "" ? {} : { variant }),
      ...(osVersion === undefined ? {} : { osVersion }),
    },
  };
}

function readImage(json: JsonReader, mediaType: string): Manifest {
  const configJson = json.object("config");
  const layersJson = json.objects("layers", LAYERS_MAX);
  if (configJson === undefined || layersJson === undefined) {
    throw new EngineError("InvalidParameter", "manifest has no config or no layers");
  }
  const config = readDescriptor(configJson, "manifest: config");
  if (!isConfigType(config.mediaType)) {
    throw unsupported(`its config is ${config.mediaType || "of no type"}: this is an artifact, not an image`);
  }
  const layers = layersJson.map((layer, at) => readDescriptor(layer, `manifest: layers[${at}]`));
  const odd = layers.find((layer) => !isLayerType(layer.mediaType));
  if (odd !== undefined) throw unsupported(`layer of media type ${odd.mediaType || "none"}`);
  return { kind: "manifest", mediaType, config, layers };
}

/** Entries that are images: attestations of builders (`unknown/unknown`, or so annotated) are not. */
export function imagesOf(index: ImageIndex): readonly IndexEntry[] {
  return index.manifests.filter(
    ({ platform, annotations, mediaType }) =>
      annotations?.["vnd.docker.reference.type"] === undefined &&
      platform?.os !== "unknown" &&
      (isManifestType(mediaType) || isIndexType(mediaType)),
  );
}

/** The bytes of a manifest for these descriptors; one spelling, so that the same image has the same digest each time. */
export function serialiseManifest(manifest: Omit<Manifest, "kind">): Buffer {
  const plain = ({ mediaType, digest, size }: Descriptor): Descriptor => ({ mediaType, size, digest });
  const { mediaType, config, layers } = manifest;
  const document = { schemaVersion: 2, mediaType, config: plain(config), layers: layers.map(plain) };
  return Buffer.from(JSON.stringify(document, undefined, 3));
}
