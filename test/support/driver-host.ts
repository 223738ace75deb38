/** A bridge driver on a network namespace that stands for the host, with sandboxes, and another machine on a wire. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silent, type Logger } from "../../daemon/base/logger.ts";
import { detectCgroups, rootOfVersion2 } from "../../daemon/linux/cgroups/layout.ts";
import {
  createNetworkNamespace,
  inNetworkNamespace,
  removeNetworkNamespace,
} from "../../daemon/linux/network-namespace.ts";
import { createBridgeDriver } from "../../daemon/network/bridge-driver.ts";
import { macFor } from "../../daemon/network/mac-address.ts";
import type { BridgeNetwork, EndpointPlan } from "../../daemon/network/network-driver.ts";
import { createSandboxes } from "../../daemon/network/sandboxes.ts";

/** Undefined where none is mounted. */
export const CGROUP = rootOfVersion2(detectCgroups());

type Driver = ReturnType<typeof createBridgeDriver>;

export const ONE: BridgeNetwork = {
  id: "1".repeat(64),
  name: "bridge",
  bridge: "slipway0",
  subnet: "172.17.0.0/16",
  gateway: "172.17.0.1",
  mtu: 1500,
  masquerade: true,
  internal: false,
  interContainer: true,
};
export const TWO: BridgeNetwork = {
  ...ONE,
  id: "2".repeat(64),
  name: "two",
  bridge: "br-two",
  subnet: "172.18.0.0/16",
  gateway: "172.18.0.1",
  ipv6: { subnet: "fd18::/64", gateway: "fd18::1" },
};

/** What a command prints that runs in a network namespace. */
export function at(path: string, ...command: readonly string[]): string {
  return execFileSync("nsenter", [`--net=${path}`, ...command], { encoding: "utf8" });
}

/** @param seconds how long an answer may take; a machine that is busy needs them */
export function pings(from: string, address: string, seconds = 5): boolean {
  return spawnSync("nsenter", [`--net=${from}`, "busybox", "ping", "-c1", `-W${seconds}`, address]).status === 0;
}

export function isCutOff(from: string, address: string): boolean {
  return !pings(from, address, 1);
}

export function linksOf(path: string): readonly string[] {
  return (JSON.parse(at(path, "ip", "-j", "link")) as { ifname: string }[]).map(({ ifname }) => ifname).sort();
}

interface DriverOptions {
  readonly daemonId?: string;
  readonly log?: Logger;
  readonly cgroup?: string | undefined;
}

export class DriverHost implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "slipway-net-"));
  readonly host = join(this.folder, "host");
  readonly sandboxes = createSandboxes({ userNamespace: false });
  readonly #made = [this.host];
  driver: Driver;

  constructor(options: DriverOptions = {}) {
    createNetworkNamespace(this.host, () => undefined);
    at(this.host, "ip", "link", "set", "lo", "up");
    this.driver = this.newDriver(options);
  }

  inside<R>(body: () => R): R {
    return inNetworkNamespace(this.host, body);
  }

  newDriver({ daemonId = "daemon", log = silent, cgroup }: DriverOptions = {}): Driver {
    return this.inside(() => createBridgeDriver({ daemonId, log, cgroup }));
  }

  setup(network: BridgeNetwork): void {
    this.inside(() => this.driver.setup(network));
  }

  teardown(network: BridgeNetwork): void {
    this.inside(() => this.driver.teardown(network));
  }

  tables(): string {
    return at(this.host, "nft", "list", "tables").trim();
  }

  rules(): string {
    return at(this.host, "nft", "list", "ruleset");
  }

  sandbox(name: string): string {
    const path = join(this.folder, name);
    this.#made.push(path);
    this.inside(() => this.sandboxes.create(path));
    return path;
  }

  /** Makes a sandbox, and connects it. @param last of its address */
  join(network: BridgeNetwork, name: string, last: number, more: Partial<EndpointPlan> = {}): EndpointPlan {
    const ipAddress = `${network.subnet.split(".").slice(0, 2).join(".")}.0.${last}`;
    const endpoint: EndpointPlan = {
      sandboxPath: this.sandbox(name),
      hostInterface: this.driver.hostInterfaceFor(`${last.toString(16).padStart(8, "0")}${"0".repeat(56)}`),
      containerInterface: "eth0",
      ipAddress,
      prefixLength: 16,
      gateway: network.gateway,
      macAddress: macFor(ipAddress),
      ...(network.ipv6 && {
        ipv6: { address: `fd18::${last}`, prefixLength: 64, gateway: network.ipv6.gateway },
      }),
      ...more,
    };
    this.inside(() => this.driver.connect(network, endpoint));
    return endpoint;
  }

  /** Another machine on the wire: it knows no route to our subnets. */
  outside(): string {
    const path = join(this.folder, "outside");
    this.#made.push(path);
    createNetworkNamespace(path, () => undefined);
    at(this.host, "ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire-out");
    at(this.host, "ip", "link", "set", "wire-out", "netns", path);
    for (const [side, link, n] of [
      [this.host, "wire", 1],
      [path, "wire-out", 2],
    ] as const) {
      at(side, "ip", "address", "add", `198.51.100.${n}/24`, "dev", link);
      at(side, "ip", "address", "add", `2001:db8::${n}/64`, "dev", link, "nodad");
      at(side, "ip", "link", "set", link, "up");
    }
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.settled();
    this.driver[Symbol.dispose]();
    for (const path of this.#made) removeNetworkNamespace(path);
    rmSync(this.folder, { recursive: true });
  }
}
