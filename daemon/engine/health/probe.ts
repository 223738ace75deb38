import type { Readable } from "node:stream";
import { messageOf } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { nowRfc3339 } from "../../base/time.ts";
import { abortable } from "../../base/keyed-lock.ts";
import type { ExecTask } from "../../runtime/runtime.ts";
import type { ContainerContext } from "../containers/context.ts";
import type { Container } from "../model/container.ts";
import type { ProbeResult } from "../model/health.ts";
import type { ExecRecord } from "../services.ts";

const SIGKILL = 9;
/** Bytes of output that are kept. */
const OUTPUT_LIMIT = 4096;
const FRAME_HEADER = 8;

/**
 * Runs one health check in a container that runs. It is no exec of a user's: it has no event, and inspect does not list it.
 * @throws the signal's reason when it aborts; whatever else goes wrong is a result.
 */
export async function probe(
  context: ContainerContext,
  container: Container,
  cmd: readonly string[],
  timeout: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const start = nowRfc3339();
  const tooLong = AbortSignal.timeout(Math.ceil(timeout));
  const given = AbortSignal.any([signal, tooLong]);
  let task: ExecTask | undefined;
  let output = Promise.resolve("");
  try {
    task = await begin(context, container, cmd, signal);
    output = beginningOf(task.stream);
    const { code } = await abortable(task.exited, given);
    // Something that it left in the background may hold its output open.
    return { start, end: nowRfc3339(), exitCode: code, output: await abortable(output, given) };
  } catch (error) {
    await task?.kill(SIGKILL).catch(() => undefined);
    task?.stream?.destroy();
    signal.throwIfAborted();
    const text = tooLong.aborted
      ? `Health check exceeded timeout (${timeout >= 1000 ? `${timeout / 1000}s` : `${timeout}ms`}): ${await output}`
      : messageOf(error);
    return { start, end: nowRfc3339(), exitCode: -1, output: text };
  }
}

async function begin(
  { specs, live }: ContainerContext,
  container: Container,
  cmd: readonly string[],
  signal: AbortSignal,
): Promise<ExecTask> {
  const streams = { attachStdin: false, attachStdout: true, attachStderr: true } as const;
  const spec = { cmd, env: [], user: "", workingDir: "", tty: false, privileged: false, ...streams };
  const record: ExecRecord = { id: newId(), containerId: container.id, spec, state: { status: "created" } };
  const process = await specs.exec(container, record, { detach: false });
  const { task } = live(container.id);
  if (task === undefined) throw new Error(`container ${container.id} is not running`);
  return await task.exec(process, signal);
}

/** The first bytes of both streams, which come in frames; the rest is read and let go. Never rejects. */
async function beginningOf(stream: Readable | undefined): Promise<string> {
  const kept: Buffer[] = [];
  let size = 0;
  let header = Buffer.alloc(0);
  let left = 0;
  try {
    for await (const chunk of (stream ?? []) as AsyncIterable<Buffer>) {
      for (let rest = chunk; rest.length > 0;) {
        if (left === 0) {
          const missing = FRAME_HEADER - header.length;
          header = Buffer.concat([header, rest.subarray(0, missing)]);
          rest = rest.subarray(missing);
          if (header.length < FRAME_HEADER) break;
          left = header.readUInt32BE(4);
          header = Buffer.alloc(0);
          continue;
        }
        const piece = rest.subarray(0, left);
        left -= piece.length;
        rest = rest.subarray(piece.length);
        if (size < OUTPUT_LIMIT) kept.push(piece.subarray(0, OUTPUT_LIMIT - size));
        size += piece.length;
      }
    }
  } catch {
    // Cut off: what has come is what there is.
  }
  return Buffer.concat(kept).toString("utf8") + (size > OUTPUT_LIMIT ? "..." : "");
}
