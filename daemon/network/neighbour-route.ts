import { readFileSync } from "node:fs";
import { errnoOf } from "../base/errors.ts";
import { type InterfaceAddress, setCongestionControl } from "../linux/netlink/addresses.ts";
import type { NetlinkSocket } from "../linux/netlink/socket.ts";

const DEFAULT = "/proc/sys/net/ipv4/tcp_congestion_control";
/** What the kernel itself has as its default. */
const UNPACED = "cubic";

/**
 * Where TCP paces what it sends (BBR), not so to neighbours on the same bridge: there is no wire whose bandwidth it could measure, and
 * a timer for every 64 KiB is most of the work. Of the network namespace that this thread is in; to everybody else nothing changes.
 */
export function unpaceNeighbours(socket: NetlinkSocket, address: InterfaceAddress): void {
  if (!readFileSync(DEFAULT, "utf8").startsWith("bbr")) return;
  try {
    setCongestionControl(socket, address, UNPACED);
  } catch (error) {
    // A kernel without it.
    if (errnoOf(error) !== "EINVAL") throw error;
  }
}
