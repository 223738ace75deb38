import { readSync } from "node:fs";
import { EngineError, errnoOf } from "../../base/errors.ts";
import { type JobControl, serveJobs } from "../../base/worker-job.ts";
import { diskError } from "../../linux/disk-error.ts";
import { TarEntryParser } from "../../oci/tar/entry-parser.ts";
import { inflated } from "../../snapshots/inflate.ts";
import { LayerWriter } from "../../snapshots/layer-writer.ts";
import type { ArchiveJob } from "./archive-job.ts";
import { PackTree } from "./pack-tree.ts";

const READ_BYTES = 256 * 1024;

serveJobs<ArchiveJob, undefined>(async (job, control) => {
  try {
    if (job.kind === "pack")
      new PackTree({ output: job.output, beforeEach: () => control.throwIfAborted() }).run(job.directory);
    else await unpack(job, control);
    return undefined;
  } catch (error) {
    // Nobody reads any more.
    if (errnoOf(error) === "EPIPE") throw new EngineError("Canceled", "canceled", { cause: error });
    throw diskError(job.kind === "pack" ? "export" : "import", error);
  }
});

/** Entry by entry, as they come: what an archive that is refused had before its fault stays. */
async function unpack(job: Extract<ArchiveJob, { kind: "unpack" }>, control: JobControl): Promise<void> {
  using writer = new LayerWriter({ root: job.directory, userXattr: job.userXattr, plain: true });
  const parser = new TarEntryParser(writer);
  for await (const chunk of inflated(chunksOf(job.input))) {
    control.throwIfAborted();
    parser.push(chunk);
  }
  parser.end();
  writer.finish();
}

function* chunksOf(input: number): Generator<Buffer> {
  for (;;) {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const length = readSync(input, buffer);
    if (length === 0) return;
    yield buffer.subarray(0, length);
  }
}
