import { once } from "node:events";
import type { AttachedStream } from "../../client/api/attached-stream.ts";
import type { CommandContext, OutputStream } from "../context.ts";
import { DEFAULT_DETACH_KEYS, DetachFilter, parseDetachKeys } from "./detach-keys.ts";
import { rawMode } from "./terminal.ts";

export interface RelayOptions {
  readonly tty: boolean;
  /** Whether standard input goes to the process. */
  readonly stdin: boolean;
  /** "" or undefined for docker's. They work in a terminal only. */
  readonly detachKeys?: string;
}

/**
 * Joins the command's streams with those of a process until its output ends ("ended") or the user left it ("detached").
 * The end of our input closes the process's and leaves its output open.
 */
export async function relayStdio(
  context: CommandContext,
  stream: AttachedStream,
  options: RelayOptions,
): Promise<"ended" | "detached"> {
  const left = Promise.withResolvers<"detached">();
  const keys = options.tty && options.stdin ? parseDetachKeys(options.detachKeys || DEFAULT_DETACH_KEYS) : undefined;
  using _raw = options.tty && options.stdin ? rawMode(context.stdin) : undefined;
  const stop = new AbortController();
  if (options.stdin) {
    const filter = keys === undefined ? [] : [new DetachFilter(keys, () => left.resolve("detached"))];
    const { pipeline } = process.getBuiltinModule("node:stream/promises");
    // The end of the process is what counts; that it no longer reads is no failure of ours.
    pipeline([context.stdin, ...filter, stream.stdin], { signal: stop.signal }).catch(() => undefined);
  }
  try {
    return await Promise.race([showOutput(context, stream, options.tty), left.promise]);
  } finally {
    stop.abort();
  }
}

async function showOutput(context: CommandContext, stream: AttachedStream, tty: boolean): Promise<"ended"> {
  for await (const { stream: name, bytes } of stream.parts({ tty }))
    await writeAll(name === "stderr" ? context.stderr : context.stdout, bytes);
  return "ended";
}

/** Settles when there is room for more: a slow reader of ours slows the process. */
export async function writeAll(stream: OutputStream, bytes: Uint8Array): Promise<void> {
  if (!stream.write(bytes)) await once(stream, "drain");
}
