import { closeSync, openSync } from "node:fs";
import { EngineError, errnoOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { changeLink, deleteLinkInBackground, findLink, type Link } from "../linux/netlink/links.ts";
import { NetlinkSocket } from "../linux/netlink/socket.ts";
import { createDummy, createStackedLink, createVlan } from "../linux/netlink/stacked-links.ts";
import { inNetworkNamespace } from "../linux/network-namespace.ts";
import { configureEndpoint } from "./configure-endpoint.ts";
import type { EndpointPlan, ParentDriver, ParentNetwork } from "./network-driver.ts";
import { OwnLinks } from "./own-links.ts";

/**
 * macvlan and ipvlan networks on the interfaces of this host, in the network namespace of the daemon.
 * @param deps `daemonId` as for the bridge driver, whose sweep takes parents that no network names.
 */
export function createParentDriver(deps: {
  readonly daemonId: string;
  readonly log: Logger;
}): ParentDriver & Disposable {
  return new KernelParentDriver(deps);
}

class KernelParentDriver implements ParentDriver, Disposable {
  readonly #log: Logger;
  readonly #socket = new NetlinkSocket(0);
  readonly #own: OwnLinks;
  readonly #background = new Set<Promise<void>>();

  constructor({ daemonId, log }: { readonly daemonId: string; readonly log: Logger }) {
    this.#log = log;
    this.#own = new OwnLinks(this.#socket, daemonId);
  }

  setup({ parent }: ParentNetwork): void {
    const found = findLink(this.#socket, parent);
    if (parent === "lo")
      throw new EngineError("InvalidParameter", "loopback interface is not a valid macvlan parent link");
    if (found === undefined) this.#makeParent(parent);
    else if (this.#own.nameOf(found) === parent && !found.up) changeLink(this.#socket, found.index, { up: true });
  }

  #makeParent(parent: string): void {
    const make = this.#makerOf(parent);
    this.#own.make(parent, make);
    changeLink(this.#socket, parent, { up: true });
  }

  #makerOf(parent: string): (name: string) => void {
    if (parent.startsWith(DUMMY_PREFIX))
      return (name) => {
        supported("dummy", () => createDummy(this.#socket, name));
      };
    const vlan = parseVlan(parent);
    const link = findLink(this.#socket, vlan.parent);
    if (link === undefined) throw missing(vlan.parent);
    return (name) => {
      supported("vlan", () => createVlan(this.#socket, name, link.index, vlan.id));
    };
  }

  teardown({ parent }: ParentNetwork): void {
    this.#own.remove(parent);
  }

  connect(network: ParentNetwork, endpoint: EndpointPlan): void {
    const parent = this.#parentOf(network);
    const { containerInterface: name, sandboxPath, macAddress } = endpoint;
    const { type } = network;
    const namespace = openSync(sandboxPath, "r");
    try {
      supported(type.kind, () =>
        createStackedLink(this.#socket, {
          name,
          parent: parent.index,
          namespace,
          type: type.kind === "macvlan" ? { ...type, macAddress } : type,
        }),
      );
      this.#configure(endpoint);
    } finally {
      closeSync(namespace);
    }
  }

  #parentOf(network: ParentNetwork): Link {
    // Someone may have removed the VLAN by hand.
    this.setup(network);
    const link = findLink(this.#socket, network.parent);
    if (link === undefined) throw missing(network.parent);
    return link;
  }

  #configure(endpoint: EndpointPlan): void {
    try {
      inNetworkNamespace(endpoint.sandboxPath, () => configureEndpoint(endpoint));
    } catch (error) {
      this.disconnect(endpoint);
      throw error;
    }
  }

  disconnect({ sandboxPath, containerInterface: name }: Parameters<ParentDriver["disconnect"]>[0]): void {
    try {
      const { gone } = inNetworkNamespace(sandboxPath, () => ({ gone: deleteLinkInBackground(name) }));
      const done = gone
        .catch((error: unknown) => this.#log.warn("removing an interface failed", { name, sandboxPath, error }))
        .finally(() => this.#background.delete(done));
      this.#background.add(done);
    } catch (error) {
      // The sandbox is gone, and the interface with it: EINVAL is a file whose namespace was let go of.
      if (!["ENOENT", "EINVAL"].includes(errnoOf(error) ?? "")) throw error;
    }
  }

  async settled(): Promise<void> {
    await Promise.all(this.#background);
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

/** Of parents of networks that name none. */
const DUMMY_PREFIX = "dm-";

/** `eth0.10` @throws EngineError InvalidParameter, in Docker's words. */
export function parseVlan(name: string): { readonly parent: string; readonly id: number } {
  const parts = name.split(".");
  if (parts.length !== 2) throw invalid(`invalid subinterface vlan name ${name}, example formatting is eth0.10`);
  const [parent = "", tag = ""] = parts;
  if (!/^\d+$/.test(tag)) throw invalid(`unable to parse a valid vlan id from: ${tag} (ex. eth0.10 for vlan 10)`);
  const id = Number(tag);
  if (id < 1 || id > 4094) throw invalid(`vlan id must be between 1-4094, received: ${id}`);
  return { parent, id };
}

function missing(parent: string): EngineError {
  return invalid(`-o parent interface was not found on the host: ${parent}`);
}

function invalid(message: string): EngineError {
  return new EngineError("InvalidParameter", message);
}

/** What this kernel was built without is said by name. */
function supported(kind: string, make: () => void): void {
  try {
    make();
  } catch (error) {
    const errno = errnoOf(error) ?? "";
    if (errno === "EOPNOTSUPP")
      throw new EngineError("NotImplemented", `this kernel has no ${kind} interfaces`, { cause: error });
    if (errno === "EBUSY" || errno === "EINVAL")
      throw new EngineError("InvalidParameter", `the parent interface takes no such ${kind}: ${errno}`, {
        cause: error,
      });
    throw error;
  }
}
