import type { ProgressMessage } from "../../../sdk/contract/index.ts";
import { kindOf, messageOf } from "../../base/errors.ts";
import type { Progress } from "../../engine/services.ts";
import type { ApiResponse } from "../http/route.ts";
import { STATUS } from "../http/status.ts";

/**
 * Sends progress as Docker's stream of JSON lines. What fails before there is anything to tell is thrown, for an answer with
 * its own status; what fails later is the last line.
 */
export async function sendProgress(progress: AsyncIterable<Progress>, response: ApiResponse): Promise<void> {
  const source = progress[Symbol.asyncIterator]();
  await send(source, await source.next(), response);
}

/** As `sendProgress`, but only what is wrong with the request has a status: Docker's load tells all else in its stream. */
export async function sendLoadProgress(progress: AsyncIterable<Progress>, response: ApiResponse): Promise<void> {
  const source = progress[Symbol.asyncIterator]();
  const first = await source.next().catch((error: unknown) => {
    if (STATUS[kindOf(error)] < 500) throw error;
    return { failure: error };
  });
  if (!("failure" in first)) return await send(source, first, response);
  const stream = response.start(200, { "Content-Type": "application/json" });
  await stream.write(`${JSON.stringify(errorJson(first.failure))}\r\n`);
  await stream.end();
}

async function send(
  source: AsyncIterator<Progress>,
  first: IteratorResult<Progress>,
  response: ApiResponse,
): Promise<void> {
  let next = first;
  const stream = response.start(200, { "Content-Type": "application/json" });
  try {
    for (; next.done !== true; next = await source.next()) {
      await stream.write(`${JSON.stringify(progressJson(next.value))}\r\n`);
    }
  } catch (error) {
    await stream.write(`${JSON.stringify(errorJson(error))}\r\n`);
  } finally {
    // A client that went away cancels the work.
    await source.return?.();
  }
  await stream.end();
}

const LAYER = /^[0-9a-f]{12}$/;

export function progressJson(progress: Progress): ProgressMessage {
  switch (progress.kind) {
    case "status": {
      const { id, status } = progress;
      // With an empty detail the line has a place of its own on the terminal, which later lines of the layer replace.
      return {
        status,
        ...(id !== undefined && LAYER.test(id) && { progressDetail: {} }),
        ...(id !== undefined && { id }),
      };
    }
    case "progress": {
      const { id, status, current, total } = progress;
      const detail = { current, ...(total !== undefined && { total }) };
      return { status, progressDetail: detail, progress: progressBar(current, total), id };
    }
    case "stream":
      return { stream: progress.text };
    case "aux":
      return { progressDetail: {}, aux: { ...progress.value } };
  }
}

function errorJson(error: unknown): ProgressMessage {
  const message = messageOf(error);
  const status = STATUS[kindOf(error)];
  // Docker gives the code of a refusal that a client may act on.
  return { errorDetail: { ...(status === 401 && { code: status }), message }, error: message };
}

const CELLS = 50;

/** For clients that print what they get: `[=====>     ]  1.2MB/3.4MB`. */
export function progressBar(current: number, total: number | undefined): string {
  if (current <= 0 && (total ?? 0) <= 0) return "";
  if (total === undefined || total <= 0) return humanSize(current).padStart(8);
  const done = Math.min(Math.floor(Math.trunc((current / total) * 100) / 2), CELLS);
  const bar = `[${"=".repeat(done)}>${" ".repeat(CELLS - done)}] `;
  return `${bar}${humanSize(current).padStart(8)}${current > total ? "" : `/${humanSize(total)}`}`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Four digits at most, in powers of 1000. */
function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1000;
  return `${Number(value.toPrecision(4))}${UNITS[unit]}`;
}
