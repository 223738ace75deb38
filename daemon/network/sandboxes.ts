import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { changeLink } from "../linux/netlink/links.ts";
import { isMounted } from "../linux/mounts.ts";
import { NetlinkSocket } from "../linux/netlink/socket.ts";
import {
  createNetworkNamespace,
  inNetworkNamespace,
  pinNetworkNamespace,
  removeNetworkNamespace,
} from "../linux/network-namespace.ts";
import type { Sandboxes } from "./network-driver.ts";

/** @param options `userNamespace`: the daemon is root of one, and the kernel refuses what names all ids. */
export function createSandboxes(options: { readonly userNamespace: boolean }): Sandboxes {
  const sysctls = { ...ALWAYS, ...(options.userNamespace ? {} : OF_ROOT) };
  const prepare = (): void => {
    using socket = new NetlinkSocket(0);
    changeLink(socket, "lo", { up: true });
    for (const [name, value] of Object.entries(sysctls)) setSysctl(name, value);
  };
  return {
    create(path) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o710 });
      createNetworkNamespace(path, prepare);
    },
    adopt(path, pid) {
      // A crash between the file and its mount has left a plain file.
      if (isMounted(path)) return;
      mkdirSync(dirname(path), { recursive: true, mode: 0o710 });
      pinNetworkNamespace(`/proc/${pid}/ns/net`, path);
      inNetworkNamespace(path, prepare);
    },
    remove: removeNetworkNamespace,
  };
}

/** Interfaces to come have IPv6 where their network has it, and no address that they chose themselves; lo keeps ::1. */
const ALWAYS = { "ipv6/conf/default/disable_ipv6": "1" };

/** Users of a container may listen on low ports and ping without a capability, as Docker has it. */
const OF_ROOT = { "ipv4/ip_unprivileged_port_start": "0", "ipv4/ping_group_range": "0 2147483647" };

function setSysctl(name: string, value: string): void {
  const path = `/proc/sys/net/${name}`;
  // A kernel without IPv6 has none of its settings, and nothing that they would turn off.
  if (existsSync(path)) writeFileSync(path, value);
}
