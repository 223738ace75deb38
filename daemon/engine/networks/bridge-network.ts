import type { BridgeNetwork, GatewayMode } from "../../network/network-driver.ts";
import type { NetworkRecord } from "../services.ts";

/** The network that containers are on which name none. */
export const DEFAULT_BRIDGE = "com.docker.network.bridge.default_bridge";
export const BRIDGE_NAME = "com.docker.network.bridge.name";
export const ENABLE_ICC = "com.docker.network.bridge.enable_icc";
export const ENABLE_MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade";
export const HOST_BINDING = "com.docker.network.bridge.host_binding_ipv4";
/** Of networks of every driver. */
export const CONTAINER_IFACE_PREFIX = "com.docker.network.container_iface_prefix";
export const MTU = "com.docker.network.driver.mtu";
export const GATEWAY_MODE_IPV4 = "com.docker.network.bridge.gateway_mode_ipv4";
export const GATEWAY_MODE_IPV6 = "com.docker.network.bridge.gateway_mode_ipv6";
export const GATEWAY_MODES = ["nat", "nat-unprotected", "routed", "isolated"] as const satisfies GatewayMode[];

/** The largest there is: a write travels in one piece, as on the loopback, where Ethernet's 1500 would make it 45. */
const LARGE_MTU = 65_535;
/** What every way out carries. */
export const OUTSIDE_MTU = 1500;

/** What the driver is to make of a record. An MTU that somebody chose holds inside and outside. */
export function bridgeOf(network: NetworkRecord): BridgeNetwork {
  const { id, name, subnet = "", gateway = "", ipv6, internal, options } = network;
  const isOn = (option: string): boolean => !/^(?:0|f|false)$/i.test(options[option] ?? "true");
  return {
    id,
    name,
    bridge: options[BRIDGE_NAME] ?? `br-${id.slice(0, 12)}`,
    subnet,
    gateway,
    ...(ipv6 && { ipv6: { subnet: ipv6.subnet, gateway: ipv6.gateway } }),
    mode4: gatewayMode(options[GATEWAY_MODE_IPV4]),
    mode6: gatewayMode(options[GATEWAY_MODE_IPV6]),
    mtu: Number(options[MTU] ?? LARGE_MTU),
    ...(options[MTU] === undefined && { outsideMtu: OUTSIDE_MTU }),
    masquerade: isOn(ENABLE_MASQUERADE),
    internal,
    interContainer: isOn(ENABLE_ICC),
  };
}

/** Of a value that was checked when the network was made. */
export function gatewayMode(value = "nat"): GatewayMode {
  return GATEWAY_MODES.find((mode) => mode === value) ?? "nat";
}
