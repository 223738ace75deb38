import { closeSync, openSync } from "node:fs";
import { errnoOf } from "../base/errors.ts";
import { serveJobs } from "../base/worker-job.ts";
import { TreeCopy } from "./copy-tree.ts";
import { diskError } from "./disk-error.ts";
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
    else copy(job, beforeEach);
    return { bytes: 0, inodes: 0 };
  } catch (error) {
    throw diskError(`${job.kind} ${job.path}`, error);
  }
});

/** A source that is not there, or is no directory, has nothing to copy. */
function copy(job: Extract<TreeJob, { kind: "copy" }>, beforeEach: BeforeEach): void {
  const opened: number[] = [];
  const open = (path: string): number => {
    const fd = openSync(path, OPEN.read | OPEN.directory);
    opened.push(fd);
    return fd;
  };
  try {
    const source = openIn(open(job.rootfs), job.path, OPEN.read | OPEN.directory);
    opened.push(source);
    new TreeCopy({ target: open(job.target), staging: open(job.staging), beforeEach }).run(source);
  } catch (error) {
    const missing = ["ENOENT", "ENOTDIR", "ELOOP"].includes(errnoOf(error) ?? "") && opened.length < 2;
    if (!missing) throw error;
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}
