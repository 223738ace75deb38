/** Entries of connection tracking (ctnetlink). */
import { errnoOf } from "../../base/errors.ts";
import { attribute, decodeAttributes } from "./message.ts";
import type { NetlinkSocket } from "./socket.ts";

const CTNETLINK = 1 << 8;
const [CT_GET, CT_DELETE] = [CTNETLINK | 1, CTNETLINK | 2];
const NLA_F_NESTED = 0x8000;
const TUPLE_ORIGINAL = 1;
const [TUPLE_IP, TUPLE_PROTOCOL] = [1, 2];
const PROTOCOL = { number: 1, destinationPort: 3 } as const;
const [AF_INET, AF_INET6] = [2, 10];
const UDP = 17;

/**
 * Forgets what the kernel remembers of UDP flows to ports: a flow keeps the translation, or the lack of one, that it had with its
 * first packet, for as long as packets come.
 * @param ports as the senders address them.
 */
export function forgetUdpFlows(socket: NetlinkSocket, ports: ReadonlySet<number>): void {
  for (const family of [AF_INET, AF_INET6]) {
    // struct nfgenmsg
    const header = Buffer.from([family, 0, 0, 0]);
    for (const { body } of socket.dump("connections", CT_GET, header)) {
      const original = decodeAttributes(body.subarray(4)).get(TUPLE_ORIGINAL);
      if (original === undefined || !isTo(original, ports)) continue;
      try {
        socket.request("connection", CT_DELETE, 0, header, [attribute(TUPLE_ORIGINAL | NLA_F_NESTED, original)]);
      } catch (error) {
        // It ended by itself meanwhile.
        if (errnoOf(error) !== "ENOENT") throw error;
      }
    }
  }
}

function isTo(tuple: Buffer, ports: ReadonlySet<number>): boolean {
  const parts = decodeAttributes(tuple);
  const protocol = parts.get(TUPLE_PROTOCOL);
  if (protocol === undefined || !parts.has(TUPLE_IP)) return false;
  const fields = decodeAttributes(protocol);
  const port = fields.get(PROTOCOL.destinationPort)?.readUInt16BE();
  return fields.get(PROTOCOL.number)?.readUInt8() === UDP && port !== undefined && ports.has(port);
}
