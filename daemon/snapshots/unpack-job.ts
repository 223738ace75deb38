import type { Digest } from "../base/digest.ts";

/** One layer, as the worker gets it. */
export interface UnpackJob {
  /** A file of tar, tar+gzip or tar+zstd. */
  readonly path: string;
  readonly offset: number;
  /** Bytes; undefined for all up to the end. */
  readonly length: number | undefined;
  readonly diffId: Digest | undefined;
  /** The new layer's folder, which the worker makes and, when it fails, removes. */
  readonly target: string;
  /** Overlay attributes in the `user.` namespace: what a user namespace may set. */
  readonly userXattr: boolean;
  /** Bytes of tar that the layer may have, inflated. */
  readonly expandedMax: number;
}

/** `meta` of a layer's folder. */
export interface LayerMeta {
  readonly version: 1;
  /** Bytes of its files. */
  readonly size: number;
  readonly diffId: Digest;
  /** Whether the layer says itself what the root directory is like. */
  readonly ownsRoot: boolean;
}
