import { type Hash, createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../base/digest.ts";
import { EngineError } from "../base/errors.ts";
import type { JobControl } from "../base/worker-job.ts";
import { syncFileSystem } from "../linux/descriptors.ts";
import { diskError } from "../linux/disk-error.ts";
import { OPEN } from "../linux/open-flags.ts";
import { removeTree } from "../linux/remove-tree.ts";
import { TarEntryParser } from "../oci/tar/entry-parser.ts";
import { inflated } from "./inflate.ts";
import { LayerWriter } from "./layer-writer.ts";
import type { LayerMeta, UnpackJob } from "./unpack-job.ts";

const READ_BYTES = 512 * 1024;

/**
 * Unpacks one layer into `job.target` (which is made): `diff` in overlay form and `meta`, all on the disk when it resolves.
 * When it fails the target is gone; a crash leaves it for the sweep, under a name that is no layer's.
 * @throws EngineError as Snapshotter.unpack.
 */
export async function unpackLayer(job: UnpackJob, control: JobControl): Promise<LayerMeta> {
  try {
    mkdirSync(join(job.target, "diff"), { recursive: true, mode: 0o755 });
    const root = openSync(join(job.target, "diff"), OPEN.read | OPEN.directory);
    try {
      const meta = await writeLayer(job, root, control);
      writeFileSync(join(job.target, "meta"), JSON.stringify(meta), { mode: 0o644 });
      // Once for all files: thousands of fsyncs would take seconds, and without any a power cut leaves empty files behind.
      syncFileSystem(root);
      return meta;
    } finally {
      closeSync(root);
    }
  } catch (error) {
    removeTree(job.target);
    throw diskError(`unpack a layer into ${job.target}`, error);
  }
}

async function writeLayer(job: UnpackJob, root: number, control: JobControl): Promise<LayerMeta> {
  using writer = new LayerWriter({ root, userXattr: job.userXattr });
  const parser = new TarEntryParser(writer);
  const hash = createHash("sha256");
  let expanded = 0;
  for await (const chunk of inflated(chunksOf(job, control))) {
    control.throwIfAborted();
    expanded += chunk.length;
    if (expanded > job.expandedMax)
      throw new EngineError("InvalidParameter", `invalid layer: it inflates to more than ${job.expandedMax} bytes`);
    hash.update(chunk);
    parser.push(chunk);
  }
  parser.end();
  writer.finish();
  const diffId = checkedDiffId(hash, job.diffId);
  return { version: 1, size: writer.size, diffId, ownsRoot: writer.ownsRoot };
}

function checkedDiffId(hash: Hash, expected: Digest | undefined): Digest {
  const found = `sha256:${hash.digest("hex")}` as const;
  if (expected !== undefined && found !== expected)
    throw new EngineError("DataLoss", `layer verification failed: its diffID is ${found}, expected ${expected}`);
  return found;
}

/** The file's bytes; `progress` hears how many were read. A new buffer each: the thread pool still inflates the one before. */
function* chunksOf(job: UnpackJob, control: JobControl): Generator<Buffer> {
  const file = openSync(job.path, OPEN.read);
  try {
    const end = job.length === undefined ? Infinity : job.offset + job.length;
    for (let at = job.offset; at < end;) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, end - at));
      const length = readSync(file, buffer, 0, buffer.length, at);
      if (length === 0 && end !== Infinity)
        throw new EngineError("InvalidParameter", `invalid layer: ${end - at} bytes of it are missing`);
      if (length === 0) return;
      at += length;
      yield buffer.subarray(0, length);
      control.progress(at - job.offset);
    }
  } finally {
    closeSync(file);
  }
}
