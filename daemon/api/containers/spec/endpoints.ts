import type { EndpointSettings, NetworkingConfig } from "../../../../sdk/contract/index.ts";
import { unsupported } from "./invalid.ts";
import { isSet } from "./refusals.ts";

/** What a container may ask of an endpoint; the other fields are results, which clients send back empty or as they got them. */
const WISHES = [
  "IPAMConfig",
  "Links",
  "Aliases",
  "MacAddress",
  "DriverOpts",
  "GwPriority",
] as const satisfies (keyof EndpointSettings)[];

/**
 * The endpoints of a create body name the one network of `NetworkMode`, and nothing more for now.
 * @throws EngineError NotImplemented by the name of the field.
 */
export function checkEndpoints(config: NetworkingConfig, mode: string): void {
  for (const [network, settings] of Object.entries(config.EndpointsConfig ?? {})) {
    if ((network === "default" ? "bridge" : network) !== mode)
      throw unsupported(`NetworkingConfig.EndpointsConfig with a network (${network}) beside HostConfig.NetworkMode`);
    for (const field of WISHES) {
      const value = settings?.[field];
      const says = field === "IPAMConfig" ? Object.values(value ?? {}).some(isSet) : isSet(value);
      if (says) throw unsupported(`EndpointsConfig.${field}`);
    }
  }
}
