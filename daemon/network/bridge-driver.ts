import { closeSync, openSync } from "node:fs";
import type { Logger } from "../base/logger.ts";
import {
  changeLink,
  changePort,
  createVeth,
  deleteLink,
  deleteLinkInBackground,
  findLink,
  getLink,
  type Link,
  listLinks,
} from "../linux/netlink/links.ts";
import { NetlinkSocket } from "../linux/netlink/socket.ts";
import { type LinkNews, watchLinks } from "../linux/netlink/watch-links.ts";
import { inNetworkNamespace } from "../linux/network-namespace.ts";
import { configureEndpoint, setDefaultRoute } from "./configure-endpoint.ts";
import { LoopbackConnections } from "./loopback-connections.ts";
import { Firewall } from "./firewall.ts";
import { ensureBridge, ensureForwarding, routeLoopback } from "./host-bridge.ts";
import type {
  BridgeDriver,
  BridgeNetwork,
  EndpointPlan,
  Gateways,
  PortRequest,
  PortTarget,
  PublishedPort,
} from "./network-driver.ts";
import { OwnLinks } from "./own-links.ts";
import { PublishedPorts } from "./published-ports.ts";

export interface BridgeDriverDeps {
  /**
   * What tells this daemon from others, for as long as its data root lives. Interfaces, bridges and the nftables table carry it,
   * so that several daemons in one network namespace leave each other's alone.
   */
  readonly daemonId: string;
  /** Ports are published by sockets alone, behind the host's input rules, and no packet is rewritten on its way to them. */
  readonly respectsFirewall?: boolean;
  /** The root of cgroups of version 2; undefined where none is mounted. */
  readonly cgroup?: string | undefined;
  readonly log: Logger;
}

/** Bridge networks on the kernel of this host, in the network namespace of the daemon. */
export function createBridgeDriver(deps: BridgeDriverDeps): BridgeDriver & Disposable {
  return new KernelBridgeDriver(deps);
}

class KernelBridgeDriver implements BridgeDriver, Disposable {
  readonly #log: Logger;
  readonly #firewall: Firewall;
  readonly #ports: PublishedPorts;
  readonly #loopback: LoopbackConnections;
  readonly #socket = new NetlinkSocket(0);
  readonly #own: OwnLinks;
  /** What was set up, by its bridge. */
  readonly #networks = new Map<string, BridgeNetwork>();
  #watch: Disposable | undefined;
  /** Interfaces that are being removed. */
  readonly #leaving = new Map<string, { readonly gone: Promise<void>; readonly tell: () => void }>();

  constructor({ daemonId, respectsFirewall = false, cgroup, log }: BridgeDriverDeps) {
    this.#log = log;
    this.#ports = new PublishedPorts({ passesOn: respectsFirewall });
    this.#loopback = new LoopbackConnections({ cgroup, log });
    this.#own = new OwnLinks(this.#socket, daemonId);
    this.#firewall = new Firewall({ table: `slipway_${this.#own.tag}`, opensOthers: !respectsFirewall, log });
  }

  setup(network: BridgeNetwork): void {
    this.#watch ??= watchLinks((news) => this.#take(news));
    const links = listLinks(this.#socket);
    this.#giveNamesBack(links);
    const { index } = ensureBridge(this.#socket, network, this.#own);
    this.#networks.set(network.bridge, network);
    this.#plugIn(links, index, network);
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
  #plugIn(links: readonly Link[], bridge: number, { id, interContainer }: BridgeNetwork): void {
    for (const link of links) {
      const name = this.#own.nameOf(link);
      if (name === undefined || link.alias !== this.#own.portAlias(id, name) || link.master === bridge) continue;
      changeLink(this.#socket, name, { master: bridge, up: true });
      if (!interContainer) changePort(this.#socket, name, { isolated: true });
    }
  }

  /** The rules go by names. */
  #giveNamesBack(links: readonly Link[]): void {
    for (const link of links) {
      const name = this.#own.nameOf(link);
      if (name === undefined || name === link.name) continue;
      const renamed = link.name;
      this.#log.warn("someone renamed an interface of a container network: it gets its name back", { name, renamed });
      try {
        this.#own.giveNameBack(link, name);
      } catch (error) {
        this.#log.warn("an interface cannot have its name back", { name, renamed, error });
      }
    }
  }

  /** What anybody does to interfaces, ourselves included. */
  #take(news: LinkNews): void {
    try {
      switch (news.type) {
        case "changed":
          this.#giveNamesBack([news.link]);
          break;
        case "gone":
          this.#left(news.link.name);
          this.#bringBack(this.#networks.get(news.link.name));
          break;
        case "missed":
          this.#giveNamesBack(listLinks(this.#socket));
          for (const network of this.#networks.values()) this.#bringBack(network);
      }
    } catch (error) {
      this.#log.error("an interface of a container network cannot be mended", { error });
    }
  }

  #bringBack(network: BridgeNetwork | undefined): void {
    if (network === undefined || findLink(this.#socket, network.bridge) !== undefined) return;
    this.#log.warn("someone removed the bridge of a container network: it is made again", { bridge: network.bridge });
    this.setup(network);
  }

  teardown(network: BridgeNetwork): void {
    this.#networks.delete(network.bridge);
    this.#own.remove(network.bridge);
    this.#firewall.remove(network.id);
  }

  connect(network: BridgeNetwork, endpoint: EndpointPlan): void {
    this.#firewall.heal();
    const bridge = getLink(this.#socket, network.bridge);
    const namespace = openSync(endpoint.sandboxPath, "r");
    try {
      this.#createPair(network, endpoint, bridge, namespace);
      const ways = { mtu: network.outsideMtu, hasNearNeighbours: this.#own.nameOf(bridge) !== undefined };
      inNetworkNamespace(namespace, () => configureEndpoint(endpoint, ways));
    } catch (error) {
      deleteLink(this.#socket, endpoint.hostInterface);
      throw error;
    } finally {
      closeSync(namespace);
    }
  }

  #createPair(network: BridgeNetwork, endpoint: EndpointPlan, bridge: Link, namespace: number): void {
    const { hostInterface: name, containerInterface, macAddress } = endpoint;
    // An administrator's bridge may lead to other machines, by wires that carry no more.
    const mtu = this.#own.nameOf(bridge) === undefined ? (network.outsideMtu ?? network.mtu) : network.mtu;
    createVeth(this.#socket, { name, mtu, peer: { name: containerInterface, macAddress, namespace } });
    // Before it is up: it only carries the container's frames.
    changeLink(this.#socket, name, { ipv6LinkLocal: false });
    changeLink(this.#socket, name, { master: bridge.index, up: true, alias: this.#own.portAlias(network.id, name) });
    if (!network.interContainer) changePort(this.#socket, name, { isolated: true });
  }

  /** Over when the kernel tells that nobody sees it any more (1 ms); the kernel's answer comes when it has tidied up (15 to 25 ms). */
  disconnect({ hostInterface }: { readonly hostInterface: string }): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#leaving.set(hostInterface, { gone: promise, tell: resolve });
    deleteLinkInBackground(hostInterface)
      .catch((error: unknown) => this.#log.warn("removing an interface failed", { hostInterface, error }))
      .finally(() => this.#left(hostInterface));
  }

  #left(hostInterface: string): void {
    this.#leaving.get(hostInterface)?.tell();
    this.#leaving.delete(hostInterface);
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
      this.#loopback.add(this.#ports.mappingsOf(owner));
    } catch (error) {
      this.#ports.release(owner);
      throw error;
    }
    return published;
  }

  /** The rules first: a port that is free to others must not be rewritten any more. */
  unpublish(owner: string): void {
    const gone = this.#ports.mappingsOf(owner);
    this.#loopback.delete(gone);
    this.#firewall.unpublish(
      gone,
      this.#ports.all().filter((each) => !gone.includes(each)),
    );
    this.#ports.release(owner);
  }

  sweep(known: ReadonlySet<string>): void {
    this.#giveNamesBack(listLinks(this.#socket));
    for (const link of listLinks(this.#socket)) {
      const name = this.#own.nameOf(link);
      if (name === undefined || (known.has(name) && link.name === name)) continue;
      this.disconnect({ hostInterface: link.name });
    }
  }

  /** IFNAMSIZ leaves 15 characters. The kernel refuses a second one of the same name, should two endpoints ever share it. */
  hostInterfaceFor(endpointId: string): string {
    return `${this.#own.prefix}${endpointId.slice(0, 8)}`;
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#leaving.values()].map(({ gone }) => gone));
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
    this.#ports[Symbol.dispose]();
    this.#loopback[Symbol.dispose]();
    this.#firewall[Symbol.dispose]();
    this.#socket[Symbol.dispose]();
  }
}
