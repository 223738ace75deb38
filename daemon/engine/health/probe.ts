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
import { OutputHead } from "./output-head.ts";

const SIGKILL = 9;
/** Bytes of output that are kept. */
const OUTPUT_LIMIT = 4096;

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
    task = await begin(context, container, cmd, given);
    output = beginningOf(task.stream);
    const { code } = await abortable(task.exited, given);
    // Something that it left in the background may hold its output open.
    return { start, end: nowRfc3339(), exitCode: code, output: await abortable(output, given) };
  } catch (error) {
    // It may have ended in this moment, and its container with it.
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

/** Never rejects. */
async function beginningOf(stream: Readable | undefined): Promise<string> {
  const head = new OutputHead(OUTPUT_LIMIT);
  try {
    for await (const chunk of (stream ?? []) as AsyncIterable<Buffer>) head.push(chunk);
  } catch {
    // Cut off: what has come is what there is.
  }
  return head.text();
}
