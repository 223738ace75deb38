import { isIPv4, isIPv6 } from "node:net";
import { EngineError } from "../base/errors.ts";

/** One value of an option → its meaning. All throw EngineError InvalidParameter. */

export interface UlimitDefault {
  readonly name: string;
  /** -1 is unlimited. */
  readonly soft: number;
  readonly hard: number;
}

/** `nofile=1024:2048`; one number is both. */
export function parseUlimit(text: string): UlimitDefault {
  const [, name, soft, hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (name === undefined) throw invalid(`invalid ulimit argument: ${text}`);
  const [low, high] = [Number(soft), Number(hard)];
  if (high !== -1 && (low === -1 || low > high))
    throw invalid(`ulimit soft limit must be less than or equal to hard limit: ${low} > ${high}`);
  return { name, soft: low, hard: high };
}

/** `crun=/usr/bin/crun` */
export function parseRuntime(text: string): readonly [name: string, path: string] {
  const [name = "", path = ""] = split(text);
  if (!/^[a-z0-9][a-z0-9_.-]*$/i.test(name) || path === "") throw invalid(`invalid runtime: ${text}, wanted NAME=PATH`);
  if (name === "runc") throw invalid("runtime name 'runc' is reserved");
  return [name, path];
}

export function parseLabel(text: string): string {
  if (!/^[^=\s][^=]*=/.test(text)) throw invalid(`bad attribute format: ${text}`);
  return text;
}

export function parseExecOption(text: string): "cgroupfs" | "systemd" {
  const [key, value] = split(text);
  if (key !== "native.cgroupdriver") throw invalid(`unknown exec-opt: ${text}`);
  if (value === "cgroupfs" || value === "systemd") return value;
  throw invalid(`invalid cgroup driver: ${value ?? ""}: wanted cgroupfs or systemd`);
}

export interface AddressPoolBase {
  /** CIDR. */
  readonly base: string;
  /** Prefix length of the networks that are cut out of it. */
  readonly size: number;
}

/** `base=172.30.0.0/16,size=24`, `base=fd00:1::/48,size=64` */
export function parseAddressPool(text: string): AddressPoolBase {
  const fields = new Map(text.split(",").map((field) => split(field.trim())));
  const [base = "", size = ""] = [fields.get("base"), fields.get("size")];
  const isIpv6 = base.includes(":");
  const prefix = isIpv6 ? ipv6PrefixOf(base) : prefixOf(base);
  const most = isIpv6 ? 126 : 30;
  if (fields.size !== 2 || prefix === undefined || !/^\d+$/.test(size) || Number(size) < prefix || Number(size) > most)
    throw invalid(`invalid default address pool: ${text}, wanted base=CIDR,size=BITS`);
  return { base, size: Number(size) };
}

export interface BridgeAddress {
  /** CIDR of the network. */
  readonly subnet: string;
  /** The bridge's own address in it. */
  readonly gateway: string;
}

/** `192.168.5.1/24` */
export function parseBridgeAddress(text: string): BridgeAddress {
  const [gateway = "", length = ""] = text.split("/");
  const prefix = prefixOf(text);
  if (prefix === undefined) throw invalid(`invalid bip: ${text}, wanted ADDRESS/BITS`);
  const bits = 2 ** (32 - prefix);
  const network = Math.floor(numberOf(gateway) / bits) * bits;
  if (network === numberOf(gateway)) throw invalid(`invalid bip: ${text} is the network's own address`);
  return { subnet: `${dotted(network)}/${length}`, gateway };
}

function prefixOf(cidr: string): number | undefined {
  const [address = "", length = "", ...more] = cidr.split("/");
  const prefix = /^\d{1,2}$/.test(length) ? Number(length) : 99;
  return more.length === 0 && isIPv4(address) && prefix <= 30 ? prefix : undefined;
}

function ipv6PrefixOf(cidr: string): number | undefined {
  const [address = "", length = "", ...more] = cidr.split("/");
  return more.length === 0 && isIPv6(address) && /^\d{1,3}$/.test(length) ? Number(length) : undefined;
}

const numberOf = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const dotted = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

function split(text: string): [string, string] {
  const sign = text.indexOf("=");
  return sign < 0 ? [text, ""] : [text.slice(0, sign), text.slice(sign + 1)];
}

function invalid(message: string): EngineError {
  return new EngineError("InvalidParameter", message);
}
