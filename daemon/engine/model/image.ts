import type { Digest } from "../../base/digest.ts";
import type { Healthcheck } from "./health.ts";

/** An image's record: a config digest, what it is called, and where its layers are. */
export interface Image {
  /** Digest of the config blob. */
  readonly id: Digest;
  /** Digest of the manifest it came with; its repo digests are `repository@manifestDigest`. */
  readonly manifestDigest?: Digest;
  /** Canonical references with tag: `docker.io/library/busybox:latest`. */
  readonly tags: readonly string[];
  /** Canonical references by digest: `docker.io/library/busybox@sha256:…`. */
  readonly digests: readonly string[];
  readonly config: ImageConfig;
  /** Compressed blobs in the content store, bottom first, where we have them. */
  readonly layers: readonly LayerDescriptor[];
  /** Top chain ID; undefined for an image without layers. */
  readonly chainId?: Digest;
  /** Bytes of all unpacked layers. */
  readonly size: number;
  /** RFC 3339: the last time a tag was put on it. */
  readonly taggedAt?: string;
}

export interface LayerDescriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

/** The parts of the image-spec config that the engine acts on (config.md), in camelCase. */
export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly created?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly diffIds: readonly Digest[];
  readonly history: readonly HistoryEntry[];
  readonly run: RunDefaults;
}

/** image-spec `config`: what a container of this image starts with. */
export interface RunDefaults {
  readonly user: string;
  readonly exposedPorts: readonly string[];
  readonly env: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly volumes: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal?: string;
  readonly argsEscaped?: boolean;
  readonly onBuild?: readonly string[];
  readonly shell?: readonly string[];
  readonly healthcheck?: Healthcheck;
}

export interface HistoryEntry {
  readonly created?: string;
  readonly createdBy?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly emptyLayer?: boolean;
}
