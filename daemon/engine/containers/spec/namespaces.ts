import { EngineError } from "../../../base/errors.ts";
import type { NamespaceInput } from "../../../oci/spec/input.ts";
import type { Container } from "../../model/container.ts";
import { joinedContainer } from "./joined-container.ts";

export interface NamespaceDeps {
  readonly resolve: (ref: string) => Container;
  /** Where the shared /dev/shm of a container is mounted on the host. */
  readonly shmPath: (id: string) => string;
}

/** Which namespaces a container gets, joins or shares. @throws EngineError NotFound, Conflict, InvalidParameter. */
export function namespacesOf(
  container: Container,
  sandboxPath: string | undefined,
  deps: NamespaceDeps,
): NamespaceInput {
  const { host } = container.spec;
  const network = joinedContainer(host.network, "network", deps.resolve);
  const pid = joinedContainer(host.pidMode, "PID", deps.resolve);
  const own = sandboxPath === undefined ? "new" : { path: sandboxPath };
  return {
    network: host.network === "host" ? "host" : network === undefined ? own : { path: `/proc/${network.pid}/ns/net` },
    networkIsOwn: network === undefined && host.network !== "host",
    pid: host.pidMode === "host" ? "host" : pid === undefined ? "new" : { path: `/proc/${pid.pid}/ns/pid` },
    uts: host.utsMode === "host" ? "host" : "new",
    cgroup: host.cgroupnsMode === "private" ? "new" : "host",
    ...ipcOf(container, deps),
  };
}

function ipcOf(
  { id, spec: { host } }: Container,
  deps: NamespaceDeps,
): Pick<NamespaceInput, "ipc" | "noShm" | "shmPath"> {
  switch (host.ipcMode) {
    case "host":
      return { ipc: "host" };
    case "none":
      return { ipc: "new", noShm: true };
    case "private":
      return { ipc: "new" };
    case "shareable":
      return { ipc: "new", shmPath: deps.shmPath(id) };
    default: {
      const donor = joinedContainer(host.ipcMode, "IPC", deps.resolve);
      if (donor === undefined) throw new EngineError("InvalidParameter", `invalid IPC mode: ${host.ipcMode}`);
      if (donor.container.spec.host.ipcMode !== "shareable")
        throw new EngineError(
          "Conflict",
          `cannot join IPC namespace of container ${donor.container.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
        );
      return { ipc: { path: `/proc/${donor.pid}/ns/ipc` }, shmPath: deps.shmPath(donor.container.id) };
    }
  }
}
