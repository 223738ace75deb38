/** Another machine: a network namespace on a wire to the daemon's, where the host is 10.77.0.1 and fd78::1, and this one ends in 2. */
import { spawnSync } from "node:child_process";
import { output, run } from "./process.ts";

const ADDRESSES = { host: ["10.77.0.1/24", "fd78::1/64"], second: ["10.77.0.2/24", "fd78::2/64"] } as const;

export class SecondHost implements AsyncDisposable {
  readonly netns: string;

  private constructor(netns: string) {
    this.netns = netns;
  }

  /** @param netns the daemon's: it gets an interface `wire`. */
  static async beside(netns: string): Promise<SecondHost> {
    const second = new SecondHost(`${netns}-2nd`);
    await output("ip", ["netns", "add", second.netns]);
    const at = (name: string, ...command: readonly string[]): Promise<string> =>
      output("nsenter", [`--net=/run/netns/${name}`, ...command]);
    await at(netns, "ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", second.netns);
    for (const [name, addresses] of [[netns, ADDRESSES.host] as const, [second.netns, ADDRESSES.second] as const]) {
      for (const address of addresses) await at(name, "ip", "addr", "add", address, "dev", "wire", ...nodad(address));
      await at(name, "ip", "link", "set", "wire", "up");
    }
    await at(second.netns, "ip", "link", "set", "lo", "up");
    // It knows the way to our subnets, as a router of the user's would.
    await second.routes("10.8.0.0/16");
    await second.routes("fd80::/16");
    return second;
  }

  /** By way of the host. */
  async routes(subnet: string): Promise<void> {
    const via = subnet.includes(":") ? "fd78::1" : "10.77.0.1";
    await this.#run("ip", "route", "add", subnet, "via", via);
  }

  async #run(...command: readonly string[]): Promise<string> {
    return await output("nsenter", [`--net=/run/netns/${this.netns}`, ...command]);
  }

  pings(address: string): boolean {
    return (
      spawnSync("nsenter", [`--net=/run/netns/${this.netns}`, "busybox", "ping", "-c1", "-W2", address]).status === 0
    );
  }

  /** What a server of `WHO` says, which is how it sees this host; "" when it does not answer. */
  async asks(address: string, port: number): Promise<string> {
    return await ask(this.netns, address, port);
  }

  /**
   * Sends to 127.0.0.1 over the wire, as a neighbour with ill intent does (moby#41872): its own loopback is out of the way, and
   * its kernel routes such addresses.
   */
  async asksLoopbackOver(via: string, port: number): Promise<string> {
    await this.#run("sysctl", "-qw", "net.ipv4.conf.wire.route_localnet=1");
    await this.#run("ip", "link", "set", "lo", "down");
    await this.#run("ip", "route", "add", "127.0.0.1/32", "via", via, "src", "10.77.0.2");
    await this.#run("ip", "route", "del", "local", "127.0.0.0/8", "dev", "lo", "table", "local").catch(() => "");
    return await this.asks("127.0.0.1", port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await output("ip", ["netns", "del", this.netns]);
  }
}

function nodad(address: string): readonly string[] {
  return address.includes(":") ? ["nodad"] : [];
}

/** From any namespace. */
export async function ask(netns: string, address: string, port: number): Promise<string> {
  const host = address.includes(":") ? `[${address}]` : address;
  const url = `http://${host}:${port}/cgi-bin/who`;
  const curl = ["curl", "-gs", "-m", "2", "--noproxy", "*", url];
  const { stdout } = await run("nsenter", [`--net=/run/netns/${netns}`, ...curl]);
  return stdout.replace(/::ffff:|[[\]]/g, "").trim();
}

/** Arguments for an image with busybox: a web server on port 80 that says from which address it is asked. */
export const WHO = [
  "busybox",
  "sh",
  "-c",
  `mkdir -p /www/cgi-bin; printf '#!/bin/sh\\nprintf "Content-Type: text/plain\\r\\n\\r\\nfrom $REMOTE_ADDR"\\n' >/www/cgi-bin/who
chmod +x /www/cgi-bin/who; echo serving; exec httpd -f -p 80 -h /www`,
] as const;
