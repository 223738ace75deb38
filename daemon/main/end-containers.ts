import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { Containers } from "../engine/services.ts";

/**
 * What the daemon of one program does before it ends: its containers must not outlive it. Those on a data root that ends with it
 * (`remove`) are removed, so that nothing of them stays mounted; on one that is kept they are killed, and can be started another time.
 */
export async function endContainers(containers: Containers, options: { remove: boolean; log: Logger }): Promise<void> {
  const { remove, log } = options;
  const listed = await containers.list({ all: remove, size: false, filters: new Map() });
  const ended = listed.map(async ({ container: { id } }) => {
    try {
      if (remove) await containers.remove(id, { force: true, volumes: true, link: false });
      else await containers.stop(id, { timeout: 0 });
    } catch (error) {
      log.warn("a container could not be ended", { container: id, error: messageOf(error) });
    }
  });
  await Promise.all(ended);
}
