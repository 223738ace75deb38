import { type Digest, isDigest } from "../base/digest.ts";
import { EngineError } from "../base/errors.ts";
import type { JsonReader } from "./json.ts";

/** image-spec, descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Where a foreign layer can be had; https alone is used. */
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

const ANNOTATIONS_MAX = 1024;
const URLS_MAX = 16;

/** @throws EngineError InvalidParameter. */
export function readDescriptor(json: JsonReader, what: string): Descriptor {
  const mediaType = json.string("mediaType") ?? "";
  const digest = json.string("digest") ?? "";
  const size = json.count("size");
  if (!isDigest(digest)) throw new EngineError("InvalidParameter", `${what}: digest is not a sha256 digest`);
  if (size === undefined) throw new EngineError("InvalidParameter", `${what}: size is missing`);
  const urls = json.strings("urls", URLS_MAX);
  const annotations = json.stringMap("annotations", ANNOTATIONS_MAX);
  return {
    mediaType,
    digest,
    size,
    ...(urls === undefined ? {} : { urls }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
