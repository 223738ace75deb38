import { EngineError } from "../../base/errors.ts";
import type { NamespaceInput } from "./input.ts";

/** Those that belong to an ipc namespace (sysctl(5), kernel/ipc). */
// prettier-ignore
const IPC: ReadonlySet<string> = new Set([
  "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni",
  "kernel.shm_rmid_forced",
]);

/** In a network of its own a container's users may listen on low ports and ping without a capability, as Docker has it. */
const NETWORK_DEFAULTS: Readonly<Record<string, string>> = {
  "net.ipv4.ip_unprivileged_port_start": "0",
  "net.ipv4.ping_group_range": "0 2147483647",
};

/**
 * Those of the user over the defaults.
 * @throws EngineError InvalidParameter for one that would change the host, or another container.
 */
export function buildSysctls(
  asked: Readonly<Record<string, string>>,
  domainname: string,
  namespaces: NamespaceInput,
  userNamespace: boolean,
): Readonly<Record<string, string>> {
  const ownNetwork = namespaces.network === "new" || (namespaces.network !== "host" && namespaces.networkIsOwn);
  for (const name of Object.keys(asked)) checkSysctl(name.replaceAll("/", "."), ownNetwork, namespaces);
  return {
    // A user namespace does not map all the groups that the range names: the kernel would refuse it.
    ...(ownNetwork && !userNamespace ? NETWORK_DEFAULTS : {}),
    ...(domainname !== "" && namespaces.uts === "new" ? { "kernel.domainname": domainname } : {}),
    ...Object.fromEntries(Object.entries(asked).map(([name, value]) => [name.replaceAll("/", "."), value])),
  };
}

function checkSysctl(name: string, ownNetwork: boolean, { ipc }: NamespaceInput): void {
  if (IPC.has(name) || name.startsWith("fs.mqueue.")) {
    if (ipc !== "host") return;
    throw invalid(`sysctl '${name}' is not allowed in the host's ipc namespace`);
  }
  if (name.startsWith("net.")) {
    if (ownNetwork) return;
    throw invalid(`sysctl '${name}' is not allowed in a network namespace that is not the container's own`);
  }
  throw invalid(`sysctl '${name}' is not whitelisted`);
}

function invalid(message: string): EngineError {
  return new EngineError("InvalidParameter", message);
}
