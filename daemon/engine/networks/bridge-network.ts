import { EngineError } from "../../base/errors.ts";
import type { BridgeNetwork } from "../../network/network-driver.ts";
import type { NetworkRecord } from "../services.ts";

export const BRIDGE_NAME = "com.docker.network.bridge.name";
export const ENABLE_ICC = "com.docker.network.bridge.enable_icc";
export const ENABLE_MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade";
export const HOST_BINDING = "com.docker.network.bridge.host_binding_ipv4";
export const MTU = "com.docker.network.driver.mtu";

/** What the driver is to make of a record. */
export function bridgeOf(network: NetworkRecord): BridgeNetwork {
  const { id, name, subnet, gateway, ipv6, internal, options } = network;
  if (subnet === undefined || gateway === undefined) throw new EngineError("Internal", `network ${name} has no subnet`);
  const isOn = (option: string): boolean => !/^(?:0|f|false)$/i.test(options[option] ?? "true");
  return {
    id,
    name,
    bridge: options[BRIDGE_NAME] ?? `br-${id.slice(0, 12)}`,
    subnet,
    gateway,
    ...(ipv6 && { ipv6: { subnet: ipv6.subnet, gateway: ipv6.gateway } }),
    mtu: Number(options[MTU] ?? 1500),
    masquerade: isOn(ENABLE_MASQUERADE),
    internal,
    interContainer: isOn(ENABLE_ICC),
  };
}
