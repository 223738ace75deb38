import { SlipwayError } from "../transport/errors.ts";
import type { ApiClient } from "./api/api-client.ts";
import type { WaitCondition } from "./api/containers-api.ts";
import { Process } from "./process.ts";

export interface AttachOptions {
  /** Also writes to its standard input. */
  readonly stdin?: boolean;
  /** Begins with what was written before. */
  readonly logs?: boolean;
  /** Keys that detach a terminal: `ctrl-p,ctrl-q` without it. */
  readonly detachKeys?: string;
  /** Closes our end at any time. The container does not notice, unless it ends with its stdin. */
  readonly signal?: AbortSignal;
}

/** The stdio of a container, and its end. */
export async function attachContainer(api: ApiClient, id: string, options: AttachOptions): Promise<Process> {
  const { Config } = await api.containers.inspect(id, {}, options.signal);
  return await openStdio(api, id, { ...options, tty: Config.Tty ?? false, condition: "not-running" });
}

/** Waits for its end before it attaches, so that neither is missed, whatever is started next. */
export async function openStdio(
  api: ApiClient,
  id: string,
  options: AttachOptions & { readonly tty: boolean; readonly condition: WaitCondition },
): Promise<Process> {
  const hold = new AbortController();
  const signal = options.signal === undefined ? hold.signal : AbortSignal.any([options.signal, hold.signal]);
  try {
    const { stdin = false, logs, detachKeys, tty, condition } = options;
    const { result } = await api.containers.wait(id, { condition }, signal);
    const query = { stream: true, stdin, stdout: true, stderr: true, logs, detachKeys };
    const stream = await api.containers.attach(id, query, signal);
    if (!stdin) stream.stdin.end();
    const exit = async (): Promise<number> => {
      const { StatusCode, Error: failure } = await result;
      if (failure?.Message) throw new SlipwayError("Internal", failure.Message);
      return StatusCode;
    };
    const resize: Process["resize"] = ({ columns, rows }) => api.containers.resize(id, { w: columns, h: rows }, signal);
    return new Process({ stream, tty, hold, exit, resize });
  } catch (error) {
    hold.abort();
    throw error;
  }
}
