import { EngineError } from "../../base/errors.ts";
import type { ParentNetwork } from "../../network/network-driver.ts";
import type { NetworkRecord } from "../services.ts";

export const PARENT = "parent";
export const MACVLAN_MODE = "macvlan_mode";
export const IPVLAN_MODE = "ipvlan_mode";
export const IPVLAN_FLAG = "ipvlan_flag";
export const MACVLAN_MODES = ["bridge", "private", "vepa", "passthru"] as const;
export const IPVLAN_MODES = ["l2", "l3", "l3s"] as const;
export const IPVLAN_FLAGS = ["bridge", "private", "vepa"] as const;

/** Whether its containers are on an interface of the host, and not on a bridge. */
export function hasParent({ driver }: Pick<NetworkRecord, "driver">): boolean {
  return driver === "macvlan" || driver === "ipvlan";
}

/** What the driver is to make of a record, whose options were checked when it was made. */
export function parentOf({ id, driver, options }: NetworkRecord): ParentNetwork {
  const parent = options[PARENT] ?? `dm-${id.slice(0, 12)}`;
  const one = <T extends string>(known: readonly T[], option: string, fallback: T): T =>
    known.find((each) => each === options[option]) ?? fallback;
  if (driver === "macvlan")
    return { id, parent, type: { kind: "macvlan", mode: one(MACVLAN_MODES, MACVLAN_MODE, "bridge") } };
  const mode = one(IPVLAN_MODES, IPVLAN_MODE, "l2");
  return { id, parent, type: { kind: "ipvlan", mode, flag: one(IPVLAN_FLAGS, IPVLAN_FLAG, "bridge") } };
}

/** ipvlan in mode l3: the interface routes by itself, and answers no ARP. */
export function isOnLink(network: NetworkRecord): boolean {
  return network.driver === "ipvlan" && (network.options[IPVLAN_MODE] ?? "l2") !== "l2";
}

/** An interface that was handed to one network whole has no room for another. @throws EngineError Forbidden. */
export function refuseTakenParent(network: NetworkRecord, others: readonly NetworkRecord[]): void {
  if (network.driver !== "macvlan") return;
  const { parent } = parentOf(network);
  const isWhole = ({ options }: NetworkRecord): boolean => options[MACVLAN_MODE] === "passthru";
  for (const other of others) {
    if (other.driver !== "macvlan" || parentOf(other).parent !== parent) continue;
    const text = `macvlan network ${other.id} is already using parent interface ${parent}`;
    if (isWhole(network)) throw new EngineError("Forbidden", `cannot use mode passthru, ${text}`);
    if (isWhole(other)) throw new EngineError("Forbidden", `${text} in mode passthru`);
  }
}
