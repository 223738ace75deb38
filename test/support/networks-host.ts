/** The engine's networks on a real kernel, in a network namespace of their own: containers are records with a sandbox, and no process. */
import { deepEqual } from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { newId } from "../../daemon/base/ids.ts";
import { KeyedLock } from "../../daemon/base/keyed-lock.ts";
import { silent } from "../../daemon/base/logger.ts";
import { ContainerStore } from "../../daemon/engine/containers/container-store.ts";
import { ContainerPaths } from "../../daemon/engine/containers/paths.ts";
import { EventBus } from "../../daemon/engine/events.ts";
import type { Container, ContainerSpec, PortBinding } from "../../daemon/engine/model/container.ts";
import type { EmbeddedDns } from "../../daemon/network/dns/embedded-dns.ts";
import { ContainerNames } from "../../daemon/engine/networks/container-names.ts";
import { ContainerNetworking } from "../../daemon/engine/networks/container-networking.ts";
import { NetworkService } from "../../daemon/engine/networks/network-service.ts";
import { NetworkStore } from "../../daemon/engine/networks/networks.ts";
import type { NetworkWish } from "../../daemon/engine/services.ts";
import { inNetworkNamespace } from "../../daemon/linux/network-namespace.ts";
import { openPortSocket } from "../../daemon/linux/port-socket.ts";
import { openMetadata } from "../../daemon/metadata/metadata.ts";
import { AddressRange } from "../../daemon/network/address-range.ts";
import { createBridgeDriver } from "../../daemon/network/bridge-driver.ts";
import { macFor } from "../../daemon/network/mac-address.ts";
import { createParentDriver } from "../../daemon/network/parent-driver.ts";
import { createSandboxes } from "../../daemon/network/sandboxes.ts";
import { chooseIpv6Subnet, chooseSubnet, DEFAULT_POOLS, hostSubnets } from "../../daemon/network/subnet-choice.ts";
import { enterOwnNetns } from "./own-netns.ts";

export const wish = (name: string, more: Partial<NetworkWish> & { readonly subnet?: string } = {}): NetworkWish => {
  const { subnet, ...rest } = more;
  return {
    name,
    driver: "bridge",
    internal: false,
    attachable: false,
    enableIpv6: false,
    ipam: { driver: "default", options: {}, configs: subnet === undefined ? [] : [{ subnet }] },
    options: {},
    labels: {},
    ...rest,
  };
};
export const pools = (...configs: NetworkWish["ipam"]["configs"]): Pick<NetworkWish, "ipam"> => ({
  ipam: { driver: "", options: {}, configs },
});
export const binding = (hostPort: number, more: Partial<PortBinding> = {}): PortBinding => ({
  containerPort: 80,
  protocol: "tcp",
  hostIp: "",
  hostPort,
  hostPortEnd: 0,
  ...more,
});

/** What a daemon has of networks; a second one on the same root is that daemon started again. */
export function engineOn(root: string, dns?: EmbeddedDns) {
  const metadata = openMetadata(join(root, "metadata.db"));
  const store = new ContainerStore(metadata);
  const bridge = createBridgeDriver({ daemonId: root, log: silent });
  const parents = createParentDriver({ daemonId: root, log: silent });
  const networks = new NetworkStore({
    metadata,
    chooseSubnet: (used) => chooseSubnet(DEFAULT_POOLS, [...hostSubnets(), ...used]),
    chooseIpv6Subnet: (used) => chooseIpv6Subnet(DEFAULT_POOLS, [...hostSubnets(), ...used]),
    bridgeName: "slipway0",
    containers: () => store.all(),
  });
  const paths = new ContainerPaths(root, root);
  const networking = new ContainerNetworking({
    networks,
    bridge,
    parents,
    macFor,
    sandboxes: createSandboxes({ userNamespace: false }),
    poolFor: (subnet, gateway, { range, reserved = [] } = {}) =>
      new AddressRange({ subnet, range, reserved: [gateway, ...reserved] }),
    log: silent,
    ...(dns && { names: new ContainerNames({ dns, sandboxPath: (id) => paths.sandbox(id), dnsOptions: [] }) }),
  });
  const events = new EventBus();
  const service = new NetworkService({ networks, networking, store, paths, events, locks: new KeyedLock() });
  return {
    service,
    networking,
    store,
    paths,
    bridge,
    /** The process ends: sockets close, kernel state stays. */
    die(): void {
      bridge[Symbol.dispose]();
      parents[Symbol.dispose]();
      metadata[Symbol.dispose]();
    },
  };
}

export class NetworksHost implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), "slipway-networks-"));
  readonly #netns = enterOwnNetns();
  readonly #servers: Server[] = [];
  engine = engineOn(this.root);

  sh(...command: readonly string[]): string {
    return execFileSync(command[0] ?? "", command.slice(1), { encoding: "utf8" }).trim();
  }

  links(): readonly string[] {
    return (JSON.parse(this.sh("ip", "-j", "link")) as { ifname: string }[]).map(({ ifname }) => ifname).sort();
  }

  inside(container: Container, ...command: readonly string[]): string {
    return this.sh("nsenter", `--net=${this.engine.paths.sandbox(container.id)}`, ...command);
  }

  pings(container: Container, address: string): boolean {
    const sandbox = `--net=${this.engine.paths.sandbox(container.id)}`;
    return spawnSync("nsenter", [sandbox, "busybox", "ping", "-c1", "-W1", address]).status === 0;
  }

  now({ id }: Container): Container {
    return this.engine.store.get(id);
  }

  ip(container: Container, network: string): string {
    return this.now(container).endpoints[network]?.ipAddress ?? "";
  }

  create(
    name: string,
    network: string,
    networks: ContainerSpec["networks"] = undefined,
    portBindings: readonly PortBinding[] = [],
  ): Container {
    const id = newId();
    const host = { network, portBindings, publishAllPorts: false, dns: [], dnsOptions: [], sysctls: {} };
    const container = {
      id,
      name,
      spec: { hostname: name, networks, exposedPorts: [], host },
      state: { status: "created" },
      endpoints: {},
    };
    this.engine.store.put(container as unknown as Container);
    return this.now(container as unknown as Container);
  }

  start(container: Container): Container {
    const { endpoints } = this.engine.networking.join(this.now(container), this.engine.paths.sandbox(container.id));
    const state = { status: "running", pid: 1, startedAt: "" } as const;
    return this.engine.store.update(container.id, { state, endpoints });
  }

  run(...args: Parameters<NetworksHost["create"]>): Container {
    return this.start(this.create(...args));
  }

  stop(container: Container): void {
    this.engine.networking.leave(this.now(container).endpoints, this.engine.paths.sandbox(container.id));
    this.engine.store.update(container.id, { state: { status: "created" }, endpoints: {} });
  }

  /** Its name, over http on port 80. */
  serve(container: Container): void {
    const { fd } = inNetworkNamespace(this.engine.paths.sandbox(container.id), () =>
      openPortSocket({ protocol: "tcp", address: new Uint8Array(16), port: 80, accepts: true, dual: true }),
    );
    const server = createServer((_, response) => void response.setHeader("connection", "close").end(container.name));
    this.#servers.push(server.listen({ fd }));
  }

  async fetch(url: string): Promise<string | undefined> {
    return (await promisify(execFile)("curl", ["-gs", "-m", "2", url]).catch(() => undefined))?.stdout;
  }

  /** @throws when interfaces or rules are left behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    using undo = new DisposableStack();
    undo.defer(() => rmSync(this.root, { recursive: true }));
    undo.use(this.#netns);
    undo.defer(() => this.engine.die());
    const { networking, paths, store } = this.engine;
    for (const server of this.#servers) server.close();
    for (const { id, endpoints } of store.all()) networking.leave(endpoints, paths.sandbox(id));
    await networking.close([]);
    deepEqual([this.links(), this.sh("nft", "list", "tables")], [["lo"], ""], "left behind");
  }
}
