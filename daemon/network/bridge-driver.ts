import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import type { Logger } from "../base/logger.ts";
import {
  changeLink,
  changePort,
  createVeth,
  deleteLink,
  deleteLinkInBackground,
  getLink,
  listLinks,
} from "../linux/netlink/links.ts";
import { NetlinkSocket } from "../linux/netlink/socket.ts";
import { inNetworkNamespace } from "../linux/network-namespace.ts";
import { configureEndpoint, setDefaultRoute } from "./configure-endpoint.ts";
import { Firewall } from "./firewall.ts";
import { ensureBridge, ensureForwarding, ownerAlias, removeBridge, routeLoopback } from "./host-bridge.ts";
import type {
  BridgeDriver,
  BridgeNetwork,
  EndpointPlan,
  Gateways,
  PortRequest,
  PortTarget,
  PublishedPort,
} from "./network-driver.ts";
import { PublishedPorts } from "./published-ports.ts";

export interface BridgeDriverDeps {
  /**
   * What tells this daemon from others, for as long as its data root lives. Interfaces, bridges and the nftables table carry it,
   * so that several daemons in one network namespace leave each other's alone.
   */
  readonly daemonId: string;
  /** Ports are published by sockets alone, behind the host's input rules, and no packet is rewritten on its way to them. */
  readonly respectsFirewall?: boolean;
  readonly log: Logger;
}

/** Bridge networks on the kernel of this host, in the network namespace of the daemon. */
export function createBridgeDriver(deps: BridgeDriverDeps): BridgeDriver & Disposable {
  return new KernelBridgeDriver(deps);
}

class KernelBridgeDriver implements BridgeDriver, Disposable {
  readonly #log: Logger;
  readonly #tag: string;
  readonly #firewall: Firewall;
  readonly #ports: PublishedPorts;
  readonly #socket = new NetlinkSocket(0);
  readonly #background = new Set<Promise<void>>();

  constructor({ daemonId, respectsFirewall = false, log }: BridgeDriverDeps) {
    this.#log = log;
    this.#ports = new PublishedPorts({ passesOn: respectsFirewall });
    this.#tag = createHash("sha256").update(daemonId).digest("hex").slice(0, 4);
    this.#firewall = new Firewall({ table: `slipway_${this.#tag}`, opensOthers: !respectsFirewall, log });
  }

  setup(network: BridgeNetwork): void {
    const { index } = ensureBridge(this.#socket, network, ownerAlias(this.#tag));
    this.#plugIn(index, network);
    // Rules before forwarding: nothing is ever forwarded that they would have dropped.
    this.#firewall.add(network);
    if (network.internal) return;
    if (network.subnet !== "") {
      routeLoopback(network.bridge);
      ensureForwarding(4, this.#log);
    }
    if (network.ipv6 !== undefined) ensureForwarding(6, this.#log);
  }

  /** Where a bridge was removed by hand, its containers still have their ends, which hang loose. */
  #plugIn(bridge: number, { id, interContainer }: BridgeNetwork): void {
    for (const { name, alias, master } of listLinks(this.#socket)) {
      if (!name.startsWith(this.#prefix) || alias !== portAlias(id) || master === bridge) continue;
      changeLink(this.#socket, name, { master: bridge, up: true });
      if (!interContainer) changePort(this.#socket, name, { isolated: true });
    }
  }

  teardown(network: BridgeNetwork): void {
    removeBridge(this.#socket, network.bridge, ownerAlias(this.#tag));
    this.#firewall.remove(network.id);
  }

  connect(network: BridgeNetwork, endpoint: EndpointPlan): void {
    this.#firewall.heal();
    const bridge = getLink(this.#socket, network.bridge);
    const namespace = openSync(endpoint.sandboxPath, "r");
    try {
      this.#createPair(network, endpoint, bridge.index, namespace);
      inNetworkNamespace(namespace, () => configureEndpoint(endpoint));
    } catch (error) {
      deleteLink(this.#socket, endpoint.hostInterface);
      throw error;
    } finally {
      closeSync(namespace);
    }
  }

  #createPair(network: BridgeNetwork, endpoint: EndpointPlan, bridge: number, namespace: number): void {
    const { hostInterface: name, containerInterface, macAddress } = endpoint;
    const { mtu } = network;
    createVeth(this.#socket, { name, mtu, peer: { name: containerInterface, macAddress, namespace } });
    // Before it is up: it only carries the container's frames.
    changeLink(this.#socket, name, { ipv6LinkLocal: false });
    changeLink(this.#socket, name, { master: bridge, up: true, alias: portAlias(network.id) });
    if (!network.interContainer) changePort(this.#socket, name, { isolated: true });
  }

  disconnect({ hostInterface }: { readonly hostInterface: string }): void {
    const gone = deleteLinkInBackground(hostInterface)
      .catch((error: unknown) => this.#log.warn("removing an interface failed", { hostInterface, error }))
      .finally(() => this.#background.delete(gone));
    this.#background.add(gone);
  }

  setDefaultRoute(sandboxPath: string, gateways: Gateways): void {
    setDefaultRoute(sandboxPath, gateways);
  }

  publish(owner: string, requests: readonly PortRequest[], target: PortTarget): readonly PublishedPort[] {
    const published = this.#ports.hold(owner, requests, target);
    try {
      this.#firewall.publish(this.#ports.mappingsOf(owner), this.#ports.all());
      // Where br_netfilter is on, what a container sends to its own published port never leaves the bridge.
      if (published.length > 0) changePort(this.#socket, target.hostInterface, { hairpin: true });
    } catch (error) {
      this.#ports.release(owner);
      throw error;
    }
    return published;
  }

  /** The rules first: a port that is free to others must not be rewritten any more. */
  unpublish(owner: string): void {
    const gone = this.#ports.mappingsOf(owner);
    this.#firewall.unpublish(
      gone,
      this.#ports.all().filter((each) => !gone.includes(each)),
    );
    this.#ports.release(owner);
  }

  sweep(known: ReadonlySet<string>): void {
    const owner = ownerAlias(this.#tag);
    for (const { name, alias } of listLinks(this.#socket))
      if ((name.startsWith(this.#prefix) || alias === owner) && !known.has(name))
        this.disconnect({ hostInterface: name });
  }

  /** IFNAMSIZ leaves 15 characters. The kernel refuses a second one of the same name, should two endpoints ever share it. */
  hostInterfaceFor(endpointId: string): string {
    return `${this.#prefix}${endpointId.slice(0, 8)}`;
  }

  get #prefix(): string {
    return `sl${this.#tag}-`;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#background);
  }

  [Symbol.dispose](): void {
    this.#ports[Symbol.dispose]();
    this.#firewall[Symbol.dispose]();
    this.#socket[Symbol.dispose]();
  }
}

/** Of a host's end: the network that it belongs to. */
function portAlias(networkId: string): string {
  return `slipway:${networkId}`;
}
