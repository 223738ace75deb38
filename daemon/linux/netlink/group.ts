import { closeSync } from "node:fs";
import koffi from "koffi";
import { errnoOf } from "../../base/errors.ts";
import { check, libc } from "../libc.ts";
import { bind, setsockopt, socket } from "../socket-calls.ts";
import { watchDescriptor } from "../watch-descriptor.ts";

const AF_NETLINK = 16;
const NLMSG_HEADER = 16;
const RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
const [SOL_NETLINK, NETLINK_ADD_MEMBERSHIP] = [270, 1];
const [SOL_SOCKET, SO_ATTACH_FILTER] = [1, 26];

const SockFprog = koffi.struct("sock_fprog", { length: "uint16", filter: "uint8 *" });
const setsockoptFilter = libc.func("setsockopt", "int", ["int", "int", "int", koffi.pointer(SockFprog), "uint"]) as (
  fd: number,
  level: number,
  name: number,
  value: { readonly length: number; readonly filter: Uint8Array },
  length: number,
) => number;

/** NFNLGRP_NFTABLES: every change of rules, whoever makes it. */
export const NFTABLES_GROUP = 7;

/**
 * Leaves messages out whose first byte after the header, which is the address family, is this: a classic BPF program, so that nobody is
 * woken for them.
 */
function leaveOut(fd: number, family: number): void {
  const [LOAD_BYTE, JUMP_IF_EQUAL, RETURN] = [0x30, 0x15, 0x06];
  const program: readonly (readonly [code: number, ifTrue: number, ifFalse: number, k: number])[] = [
    [LOAD_BYTE, 0, 0, NLMSG_HEADER],
    [JUMP_IF_EQUAL, 0, 1, family],
    [RETURN, 0, 0, 0],
    [RETURN, 0, 0, 0xffffffff],
  ];
  const filter = Buffer.alloc(program.length * 8);
  for (const [index, [code, ifTrue, ifFalse, k]] of program.entries()) {
    filter.writeUInt16LE(code, index * 8);
    filter.writeUInt8(ifTrue, index * 8 + 2);
    filter.writeUInt8(ifFalse, index * 8 + 3);
    filter.writeUInt32LE(k, index * 8 + 4);
  }
  const value = { length: program.length, filter };
  check("setsockopt", setsockoptFilter(fd, SOL_SOCKET, SO_ATTACH_FILTER, value, koffi.sizeof(SockFprog)), "filter");
}

/**
 * Calls `onChange` when the kernel tells a multicast group something, with what it tells; also when more came than it could keep (ENOBUFS),
 * without. Of this network namespace.
 * @param withoutFamily of messages that nobody wants to hear.
 */
export function watchNetlinkGroup(
  protocol: number,
  group: number,
  onChange: (datagram: Buffer | undefined) => void,
  { withoutFamily }: { readonly withoutFamily?: number } = {},
): Disposable {
  const fd = check("socket", socket(AF_NETLINK, RAW_NONBLOCK_CLOEXEC, protocol), "netlink");
  try {
    // struct sockaddr_nl; the kernel chooses the port.
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK);
    check("bind", bind(fd, address, address.length), "netlink");
    if (withoutFamily !== undefined) leaveOut(fd, withoutFamily);
    const value = Buffer.alloc(4);
    value.writeUInt32LE(group);
    check("setsockopt", setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, value, 4), `netlink group ${group}`);
    let watch = watchDescriptor(fd, { onData: onChange, onError: again });
    function again(error: Error): void {
      if (errnoOf(error) !== "ENOBUFS") return;
      watch = watchDescriptor(fd, { onData: onChange, onError: again });
      onChange(undefined);
    }
    let isOpen = true;
    return {
      [Symbol.dispose](): void {
        if (!isOpen) return;
        isOpen = false;
        watch[Symbol.dispose]();
        closeSync(fd);
      },
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
