import { EngineError } from "../../../base/errors.ts";
import type { Container } from "../../model/container.ts";

/** The container that `container:X` names, once it is known to run. */
export interface JoinedContainer {
  readonly container: Container;
  readonly pid: number;
}

/**
 * @param what the namespace, as messages call it: `network`, `PID`, `IPC`.
 * @throws EngineError NotFound; Conflict when it does not run.
 */
export function joinedContainer(
  mode: string,
  what: "network" | "PID" | "IPC",
  resolve: (ref: string) => Container,
): JoinedContainer | undefined {
  if (!mode.startsWith("container:")) return undefined;
  const container = resolve(mode.slice("container:".length));
  const { state } = container;
  if (state.status === "restarting")
    throw new EngineError("Conflict", `Container ${container.id} is restarting, wait until the container is running`);
  if (state.status !== "running" && state.status !== "paused")
    throw new EngineError("Conflict", `cannot join ${what} namespace of a non running container: ${container.id}`);
  return { container, pid: state.pid };
}
