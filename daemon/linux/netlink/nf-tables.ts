/** The little of nfnetlink that answers "are our rules still there", at 1/30 of the cost of libnftables. */
import { errnoOf } from "../../base/errors.ts";
import { decodeAttributes, text } from "./message.ts";
import type { NetlinkSocket } from "./socket.ts";

export const NETLINK_NETFILTER = 12;
const NFT_MSG_GETCHAIN = (10 << 8) | 4;
/** NFPROTO_* */
const FAMILIES = { inet: 1, ip: 2, ip6: 10 } as const;
export type NftablesFamily = keyof typeof FAMILIES;
const NFTA_CHAIN = { table: 1, name: 3, use: 6 } as const;

/** How many rules a chain has; undefined when it, or its table, does not exist. */
export function rulesInChain(
  socket: NetlinkSocket,
  table: string,
  chain: string,
  family: NftablesFamily = "inet",
): number | undefined {
  // struct nfgenmsg
  const header = Buffer.from([FAMILIES[family], 0, 0, 0]);
  const names = [text(NFTA_CHAIN.table, table), text(NFTA_CHAIN.name, chain)];
  try {
    const [answer] = socket.request(`chain ${table} ${chain}`, NFT_MSG_GETCHAIN, 0, header, names);
    return answer && decodeAttributes(answer.body.subarray(4)).get(NFTA_CHAIN.use)?.readUInt32BE();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
