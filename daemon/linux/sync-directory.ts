import { open } from "node:fs/promises";

/** Makes the names in a directory durable: a rename is lost by a power cut until its directory was synced (fsync(2)). */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}
