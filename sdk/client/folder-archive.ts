import { mkdir } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/**
 * The contents of a folder of this machine as a tar stream: its own entry is `.`, owners are numbers, links stay links. Read as
 * the engine takes it.
 */
export async function* packFolder(folder: string): AsyncGenerator<Uint8Array> {
  const { create } = await import("tar");
  yield* create({ cwd: folder, strict: true }, ["."]);
}

/**
 * Unpacks a tar stream into a folder of this machine, made when it is missing. Owners are kept when this process is root.
 * What would lead out of the folder is refused, and ends it.
 */
export async function unpackInto(folder: string, archive: Readable, signal?: AbortSignal): Promise<void> {
  const { extract } = await import("tar");
  await mkdir(folder, { recursive: true });
  await pipeline(archive, extract({ cwd: folder, strict: true }), { signal });
}
