import { isIP } from "node:net";
import { EngineError } from "../../base/errors.ts";
import type { NetworkWish } from "../services.ts";
import {
  BRIDGE_NAME,
  CONTAINER_IFACE_PREFIX,
  ENABLE_ICC,
  ENABLE_MASQUERADE,
  GATEWAY_MODE_IPV4,
  GATEWAY_MODE_IPV6,
  GATEWAY_MODES,
  HOST_BINDING,
  MTU,
} from "./bridge-network.ts";
import {
  IPVLAN_FLAG,
  IPVLAN_FLAGS,
  IPVLAN_MODE,
  IPVLAN_MODES,
  MACVLAN_MODE,
  MACVLAN_MODES,
  PARENT,
} from "./parent-network.ts";

/** Drivers that a user can make networks of. */
export type UserDriver = "bridge" | "macvlan" | "ipvlan";

/** @throws EngineError in Docker's words for drivers that there are once, or not. */
export function userDriver(driver: string): UserDriver {
  if (driver === "" || driver === "bridge") return "bridge";
  if (driver === "macvlan" || driver === "ipvlan") return driver;
  if (driver === "host" || driver === "null")
    throw new EngineError("Forbidden", `only one instance of ${JSON.stringify(driver)} network is allowed`);
  if (driver === "overlay")
    throw new EngineError("NotImplemented", `network driver ${JSON.stringify(driver)} is not supported`);
  throw new EngineError("NotFound", `plugin ${JSON.stringify(driver)} not found`);
}

/** @returns what is wrong with a value; undefined is nothing. */
type Check = (value: string) => string | undefined;

const plain =
  (name: string, accepts: (value: string) => boolean): Check =>
  (value) =>
    accepts(value) ? undefined : `invalid value for network option ${name}: ${JSON.stringify(value)}`;
const isBoolean = (value: string): boolean => /^(?:0|1|t|f|true|false)$/i.test(value);
const isInterface = (value: string): boolean => /^[a-zA-Z0-9_.@-]{1,15}$/.test(value) && !/^\.\.?$/.test(value);
const mode =
  (name: string): Check =>
  (value) =>
    isOneOf(GATEWAY_MODES, value)
      ? undefined
      : `failed to parse ${name} value: ${value} (unknown gateway mode ${value})`;
const oneOf =
  (known: readonly string[], what: string, driver: string): Check =>
  (value) =>
    isOneOf(known, value)
      ? undefined
      : `requested ${driver} ${what} '${value}' is not valid, '${known[0]}' ${what} is the ${driver} driver default`;

function isOneOf(known: readonly string[], value: string): boolean {
  return known.includes(value);
}

/** A number follows it. */
const ANY_DRIVER: Readonly<Record<string, Check>> = {
  [CONTAINER_IFACE_PREFIX]: plain(CONTAINER_IFACE_PREFIX, (value) => /^[a-zA-Z][a-zA-Z0-9_.-]{0,11}$/.test(value)),
};

/** What we act on, and the values that each takes. */
const OPTIONS: Readonly<Record<UserDriver, Readonly<Record<string, Check>>>> = {
  bridge: {
    ...ANY_DRIVER,
    [BRIDGE_NAME]: plain(BRIDGE_NAME, (value) => isInterface(value) && !value.includes("@")),
    [ENABLE_ICC]: plain(ENABLE_ICC, isBoolean),
    [ENABLE_MASQUERADE]: plain(ENABLE_MASQUERADE, isBoolean),
    [HOST_BINDING]: plain(HOST_BINDING, (value) => isIP(value) === 4),
    [MTU]: plain(MTU, (value) => /^\d{2,5}$/.test(value) && Number(value) >= 68 && Number(value) <= 65_535),
    [GATEWAY_MODE_IPV4]: mode(GATEWAY_MODE_IPV4),
    [GATEWAY_MODE_IPV6]: mode(GATEWAY_MODE_IPV6),
  },
  macvlan: {
    ...ANY_DRIVER,
    [PARENT]: plain(PARENT, isInterface),
    [MACVLAN_MODE]: oneOf(MACVLAN_MODES, "mode", "macvlan"),
  },
  ipvlan: {
    ...ANY_DRIVER,
    [PARENT]: plain(PARENT, isInterface),
    [IPVLAN_MODE]: oneOf(IPVLAN_MODES, "mode", "ipvlan"),
    [IPVLAN_FLAG]: oneOf(IPVLAN_FLAGS, "flag", "ipvlan"),
  },
};

/** @throws EngineError InvalidParameter for values, NotImplemented by name for options that we do not act on. */
export function checkOptions(driver: UserDriver, { options, internal }: NetworkWish): void {
  for (const [name, value] of Object.entries(options)) {
    const check = OPTIONS[driver][name];
    if (check === undefined)
      throw new EngineError("NotImplemented", `option ${JSON.stringify(name)} of ${driver} networks is not supported`);
    const wrong = check(value);
    if (wrong !== undefined) throw new EngineError("InvalidParameter", wrong);
  }
  if (!internal && [GATEWAY_MODE_IPV4, GATEWAY_MODE_IPV6].some((name) => options[name] === "isolated"))
    throw new EngineError("InvalidParameter", "gateway mode 'isolated' can only be used for an internal network");
}
