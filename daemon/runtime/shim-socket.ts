import { closeSync, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { abortable } from "../base/keyed-lock.ts";
import { encodeFrame, Frame, type Field } from "./frame.ts";
import { checked } from "./shim-error.ts";

/**
 * Connects to the shim of a task folder. The path goes through a descriptor of the folder, so that its length (108 bytes at
 * most in an address, unix(7)) never matters.
 * @throws ENOENT or ECONNREFUSED when no shim is there.
 */
export async function connectShim(folder: string, signal?: AbortSignal): Promise<Socket> {
  const directory = openSync(folder, "r");
  const socket = connect({ path: `/proc/self/fd/${directory}/shim.sock`, allowHalfOpen: true });
  try {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("connect", resolve).once("error", reject);
    await abortable(promise, signal);
    socket.off("error", reject);
    return socket;
  } catch (error) {
    socket.on("error", () => undefined).destroy();
    throw error;
  } finally {
    closeSync(directory);
  }
}

/**
 * Opens a stream: one question, one answer, then raw bytes both ways. It ends when the process and its output are over; the
 * socket is then given up whole, since the shim waits for that before it goes.
 * @throws ShimError with the shim's refusal.
 */
export async function openStream(
  folder: string,
  kind: number,
  fields: readonly Field[],
  signal?: AbortSignal,
): Promise<{ readonly answer: Frame; readonly stream: Socket }> {
  const stream = await connectShim(folder, signal);
  // A process that closed its stdin, or a shim that was killed, is an end of the stream and no failure of the daemon.
  stream.on("error", () => undefined);
  try {
    stream.write(encodeFrame(kind, 1, fields));
    const answer = checked(await abortable(readFrame(stream), signal));
    stream.once("end", () => stream.destroy());
    return { answer, stream };
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

/** Exactly one frame: what follows it stays in the stream. */
function readFrame(stream: Socket): Promise<Frame> {
  const { promise, resolve, reject } = Promise.withResolvers<Frame>();
  let size: number | undefined;
  const onReadable = (): void => {
    size ??= (stream.read(4) as Buffer | null)?.readUInt32LE(0);
    if (size === undefined) return;
    const body = stream.read(size) as Buffer | null;
    if (body !== null) resolve(new Frame(body));
  };
  const onClose = (): void => reject(new Error("the shim closed the connection"));
  stream.on("readable", onReadable).on("close", onClose).on("end", onClose);
  return promise.finally(() => stream.off("readable", onReadable).off("close", onClose).off("end", onClose));
}
