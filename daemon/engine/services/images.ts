import type { Readable } from "node:stream";
import type { Digest } from "../../base/digest.ts";
import type { HistoryEntry, Image } from "../model/image.ts";
import type { Filters } from "./filters.ts";

/** Progress of a pull, push or load, one a change. The API turns it into Docker's JSON stream. */
export type Progress =
  | { readonly kind: "status"; readonly id?: string; readonly status: string }
  | {
      readonly kind: "progress";
      readonly id: string;
      readonly status: string;
      readonly current: number;
      readonly total?: number;
    }
  /** A plain line, as `load` prints. */
  | { readonly kind: "stream"; readonly text: string }
  /** Machine-readable result: the digest and size of a push. */
  | { readonly kind: "aux"; readonly value: Readonly<Record<string, unknown>> };

/** Decoded X-Registry-Auth (or its identity token). */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
  readonly serverAddress?: string;
}

export interface Images {
  /** @throws NotFound ("pull access denied …", "manifest … not found"), Unauthorized, Unavailable. Awaiting the iterator is the back-pressure. */
  pull(
    reference: string,
    options: { readonly platform?: string; readonly credentials?: Credentials },
    signal: AbortSignal,
  ): AsyncIterable<Progress>;
  push(
    reference: string,
    options: { readonly credentials?: Credentials; readonly platform?: string },
    signal: AbortSignal,
  ): AsyncIterable<Progress>;
  load(archive: Readable, options: { readonly quiet: boolean }, signal: AbortSignal): AsyncIterable<Progress>;
  /** docker-archive with an OCI layout in the same tar, as Docker >= 25 writes. Names are checked before the stream is returned. */
  save(references: readonly string[], signal: AbortSignal): Promise<Readable>;
  import(
    archive: Readable,
    options: {
      readonly repository?: string;
      readonly tag?: string;
      readonly message?: string;
      readonly changes: readonly string[];
      readonly platform?: string;
    },
    signal: AbortSignal,
  ): AsyncIterable<Progress>;
  list(query: { readonly all: boolean; readonly filters: Filters }): readonly ListedImage[];
  get(ref: string): Image;
  history(
    ref: string,
  ): readonly (HistoryEntry & { readonly id: string; readonly tags: readonly string[]; readonly size: number })[];
  tag(ref: string, repository: string, tag: string): Promise<void>;
  /** @throws Conflict when a container uses it (running: even with force) or several repositories name its id. */
  remove(
    ref: string,
    options: { readonly force: boolean; readonly prune: boolean },
  ): Promise<readonly ({ readonly untagged: string } | { readonly deleted: string })[]>;
  prune(
    filters: Filters,
    signal?: AbortSignal,
  ): Promise<{
    readonly deleted: readonly ({ readonly untagged: string } | { readonly deleted: string })[];
    readonly spaceReclaimed: number;
  }>;
  /** `POST /auth`. @throws Unauthorized with the registry's words. */
  login(
    credentials: Credentials,
    signal?: AbortSignal,
  ): Promise<{ readonly status: string; readonly identityToken: string }>;
  /** `GET /distribution/{name}/json`. */
  distribution(
    reference: string,
    credentials: Credentials | undefined,
    signal?: AbortSignal,
  ): Promise<{
    readonly mediaType: string;
    readonly digest: Digest;
    readonly size: number;
    readonly platforms: readonly { readonly architecture: string; readonly os: string; readonly variant?: string }[];
  }>;
}

export interface ListedImage {
  readonly image: Image;
  /** Containers of any state that were made from it. */
  readonly containers: number;
}
