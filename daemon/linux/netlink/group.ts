import { closeSync } from "node:fs";
import { errnoOf } from "../../base/errors.ts";
import { check, libc } from "../libc.ts";
import { watchDescriptor } from "../watch-descriptor.ts";

const AF_NETLINK = 16;
const RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
const [SOL_NETLINK, NETLINK_ADD_MEMBERSHIP] = [270, 1];

const socket = libc.func("int socket(int domain, int type, int protocol)") as (
  d: number,
  t: number,
  p: number,
) => number;
const setsockopt = libc.func("int setsockopt(int fd, int level, int name, const void *value, uint length)") as (
  fd: number,
  level: number,
  name: number,
  value: Uint8Array,
  length: number,
) => number;

const bind = libc.func("int bind(int fd, const void *address, uint length)") as (
  f: number,
  a: Uint8Array,
  l: number,
) => number;

/** NFNLGRP_NFTABLES: every change of rules, whoever makes it. */
export const NFTABLES_GROUP = 7;

/**
 * Calls `onChange` when the kernel tells a multicast group something, with what it tells; also when more came than it could keep (ENOBUFS),
 * without. Of this network namespace.
 */
export function watchNetlinkGroup(
  protocol: number,
  group: number,
  onChange: (datagram: Buffer | undefined) => void,
): Disposable {
  const fd = check("socket", socket(AF_NETLINK, RAW_NONBLOCK_CLOEXEC, protocol), "netlink");
  try {
    // struct sockaddr_nl; the kernel chooses the port.
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK);
    check("bind", bind(fd, address, address.length), "netlink");
    const value = Buffer.alloc(4);
    value.writeUInt32LE(group);
    check("setsockopt", setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, value, 4), `netlink group ${group}`);
    let watch = watchDescriptor(fd, { onData: onChange, onError: again });
    function again(error: Error): void {
      if (errnoOf(error) !== "ENOBUFS") return;
      watch = watchDescriptor(fd, { onData: onChange, onError: again });
      onChange(undefined);
    }
    return {
      [Symbol.dispose](): void {
        watch[Symbol.dispose]();
        closeSync(fd);
      },
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
