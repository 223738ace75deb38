import { closeSync, openSync } from "node:fs";
import { serveJobs } from "../base/worker-job.ts";
import { TreeCopy, isMissing } from "./copy-tree.ts";
import { diskError } from "./disk-error.ts";
import { mountFileSystem } from "./mounts.ts";
import { mergeTree } from "./merge-tree.ts";
import { OPEN } from "./open-flags.ts";
import { type BeforeEach, removeTree } from "./remove-tree.ts";
import { openIn } from "./rooted.ts";
import type { TreeJob, TreeResult } from "./tree-job.ts";
import { treeUsage } from "./tree-usage.ts";

serveJobs<TreeJob, TreeResult>((job, control) => {
  const beforeEach = (): void => control.throwIfAborted();
  if (job.kind === "usage") return treeUsage(job.path, beforeEach);
  try {
    if (job.kind === "remove") removeTree(job.path, beforeEach);
    else if (job.kind === "copy") return { bytes: 0, inodes: 0, postponed: copy(job, beforeEach) };
    else mountFileSystem(job.mount);
    return { bytes: 0, inodes: 0 };
  } catch (error) {
    throw diskError(job.kind === "mount" ? "mount" : `${job.kind} ${job.path}`, error);
  }
});

/**
 * Into the staging directory first, then moved into place name by name: whoever is killed midway leaves nothing half in the target.
 * A source that is not there, or is no directory, has nothing to copy.
 */
function copy(job: Extract<TreeJob, { kind: "copy" }>, beforeEach: BeforeEach): readonly string[] {
  using opened = new Opened();
  const source = sourceOf(job, opened);
  if (source === undefined) return [];
  const target = opened.add(openSync(job.target, OPEN.read | OPEN.directory));
  const staging = job.staging === undefined ? target : opened.add(openSync(job.staging, OPEN.read | OPEN.directory));
  const { step } = job;
  if (step !== undefined && "count" in step)
    return new TreeCopy({ target: staging, beforeEach, share: step }).run(source);
  const whole = new TreeCopy({ target: staging, beforeEach });
  if (step === undefined) whole.run(source);
  else whole.finish(source, step.postponed);
  if (staging !== target) mergeTree(staging, target, beforeEach);
  return [];
}

function sourceOf({ rootfs, path }: Extract<TreeJob, { kind: "copy" }>, opened: Opened): number | undefined {
  const root = opened.add(openSync(rootfs, OPEN.read | OPEN.directory));
  try {
    return opened.add(openIn(root, path, OPEN.read | OPEN.directory));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

class Opened implements Disposable {
  readonly #descriptors: number[] = [];

  add(fd: number): number {
    this.#descriptors.push(fd);
    return fd;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#descriptors) closeSync(fd);
  }
}
