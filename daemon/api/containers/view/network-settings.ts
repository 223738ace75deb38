import type { NetworkSettings } from "../../../../sdk/contract/index.ts";
import type { Container } from "../../../engine/model/container.ts";
import type { ContainerDetails } from "../../../engine/services.ts";
import { endpointsJson } from "./endpoints.ts";
import { portMap } from "./ports.ts";

/** `NetworkSettings` of inspect. */
export function networkSettingsJson(container: Container, details: ContainerDetails): NetworkSettings {
  const networks = endpointsJson(container, details.endpoints);
  // The flat fields speak of the default bridge alone, as they did before there were other networks.
  const flat = networks["bridge"];
  return {
    Bridge: "",
    SandboxID: details.sandboxId,
    SandboxKey: details.sandboxPath,
    Ports: portMap(container, details.endpoints),
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: flat?.EndpointID ?? "",
    Gateway: flat?.Gateway ?? "",
    GlobalIPv6Address: flat?.GlobalIPv6Address ?? "",
    GlobalIPv6PrefixLen: flat?.GlobalIPv6PrefixLen ?? 0,
    IPAddress: flat?.IPAddress ?? "",
    IPPrefixLen: flat?.IPPrefixLen ?? 0,
    IPv6Gateway: flat?.IPv6Gateway ?? "",
    MacAddress: flat?.MacAddress ?? "",
    Networks: networks,
  };
}
