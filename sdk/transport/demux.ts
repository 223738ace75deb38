import { ByteChannel } from "./byte-channel.ts";
import { ByteStream } from "./byte-stream.ts";
import { SlipwayError } from "./errors.ts";
import { StdioFrameDecoder, type StdioPart } from "./stdio-frames.ts";

/** stdout and stderr, apart. `done` settles when the connection ended and all of it was handed over (never rejects). */
export interface DemuxedOutput {
  readonly stdout: ByteStream;
  readonly stderr: ByteStream;
  readonly done: Promise<void>;
}

/**
 * Splits a stream of the engine into two. With a TTY there is one stream, without frames, and stderr is empty.
 * Both end when the connection ends, each after its last byte; a broken connection is thrown to the readers of both.
 */
export function demux(source: AsyncIterable<Uint8Array>, options: { readonly tty: boolean }): DemuxedOutput {
  const stdout = new ByteChannel();
  const stderr = new ByteChannel();
  if (options.tty) stderr.end();
  const done = (options.tty ? copy(source, stdout) : split(source, stdout, stderr)).then(
    () => endBoth(),
    (error: unknown) => endBoth(error),
  );
  const endBoth = (error?: unknown): void => {
    stdout.end(error);
    stderr.end(error);
  };
  return { stdout: new ByteStream(stdout), stderr: new ByteStream(stderr), done };
}

async function copy(source: AsyncIterable<Uint8Array>, to: ByteChannel): Promise<void> {
  for await (const chunk of source) await to.write(chunk);
}

async function split(source: AsyncIterable<Uint8Array>, stdout: ByteChannel, stderr: ByteChannel): Promise<void> {
  for await (const part of stdioParts(source)) await (part.stream === "stderr" ? stderr : stdout).write(part.bytes);
}

/**
 * The payloads of a framed stream in the order of arrival.
 * @throws SlipwayError Internal for a frame on `systemerr`, with the engine's words.
 */
export async function* stdioParts(source: AsyncIterable<Uint8Array>): AsyncGenerator<StdioPart, void, undefined> {
  const decoder = new StdioFrameDecoder();
  for await (const chunk of source) {
    for (const part of decoder.push(chunk)) {
      if (part.stream === "systemerr")
        throw new SlipwayError(
          "Internal",
          `error from daemon in stream: ${Buffer.from(part.bytes).toString("utf8").trim()}`,
        );
      yield part;
    }
  }
}
