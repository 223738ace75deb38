import type { CopyShare } from "./copy-tree.ts";
import type { FileSystemMount } from "./mounts.ts";

/** What the tree worker does, and what it answers. */
export type TreeJob =
  | { readonly kind: "remove"; readonly path: string }
  | { readonly kind: "usage"; readonly path: string }
  | {
      readonly kind: "copy";
      /** Root of the source: `path` is resolved inside it. */
      readonly rootfs: string;
      readonly path: string;
      readonly target: string;
      /** An empty directory on the target's file system, for the caller to remove. */
      readonly staging: string | undefined;
      /** By several threads: first each its share, then one of them the rest. */
      readonly step?: CopyShare | { readonly postponed: readonly string[] };
    }
  | MountJob;

/** A mount that may wait for a network or a disk. */
export interface MountJob {
  readonly kind: "mount";
  readonly mount: FileSystemMount;
}

/** Of "usage"; zeros for the others. */
export interface TreeResult {
  readonly bytes: number;
  readonly inodes: number;
  /** Of a share of a copy. */
  readonly postponed?: readonly string[];
}
