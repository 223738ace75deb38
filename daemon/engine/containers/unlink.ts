import { EngineError } from "../../base/errors.ts";
import { parseLinkName, withoutLink } from "../networks/legacy-links.ts";
import type { ContainerContext } from "./context.ts";
import { isLive } from "./list.ts";

/**
 * Removes a link, named by the container that has it and its alias there: `/web/db`. The containers stay.
 * @throws EngineError NotFound; Conflict for the name of a container.
 */
export async function unlink({ store, locks, specs }: ContainerContext, ref: string): Promise<void> {
  const link = parseLinkName(ref);
  if (link === undefined) throw new EngineError("NotFound", `No such container: ${ref}`);
  const { holder, alias } = link;
  const { id } = store.resolve(holder);
  if (alias === undefined)
    throw new EngineError("Conflict", "Conflict, cannot remove the default link name of the container");
  using _ = await locks.acquire(id);
  const container = store.get(id);
  const spec = withoutLink(container, alias);
  if (spec === undefined) throw new EngineError("NotFound", `No such container: ${ref}`);
  // A crash before the record leaves the link, and the next start writes its line again. Of its names a process that runs may hold copies; the file is the one that we can take back.
  if (isLive(container)) specs.removeLink(container, alias);
  store.update(id, { spec });
}
