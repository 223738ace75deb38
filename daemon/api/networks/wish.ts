import type { NetworkCreateBody } from "../../../sdk/contract/index.ts";
import { EngineError } from "../../base/errors.ts";
import type { NetworkWish } from "../../engine/services.ts";

/** What `network create` asks for. @throws NotImplemented by the name of the field. */
export function networkWish(body: NetworkCreateBody): NetworkWish {
  refuse(body);
  const { Name, Driver, Internal, Attachable, EnableIPv6, IPAM, Options, Labels } = body;
  return {
    name: Name,
    driver: Driver ?? "",
    internal: Internal ?? false,
    attachable: Attachable ?? false,
    enableIpv6: EnableIPv6 ?? false,
    ipam: {
      driver: IPAM?.Driver ?? "",
      options: IPAM?.Options ?? {},
      configs: (IPAM?.Config ?? []).map(({ Subnet, Gateway, IPRange, AuxiliaryAddresses }) => ({
        ...(Subnet && { subnet: Subnet }),
        ...(Gateway && { gateway: Gateway }),
        ...(IPRange && { ipRange: IPRange }),
        ...(AuxiliaryAddresses && { auxiliaryAddresses: AuxiliaryAddresses }),
      })),
    },
    options: Options ?? {},
    labels: Labels ?? {},
  };
}

function refuse({ EnableIPv4, Ingress, ConfigOnly, ConfigFrom, Scope }: NetworkCreateBody): void {
  const refused = [
    [EnableIPv4 === false, "EnableIPv4=false"],
    [Ingress === true, "Ingress"],
    [ConfigOnly === true, "ConfigOnly"],
    [Boolean(ConfigFrom?.Network), "ConfigFrom"],
    [Boolean(Scope) && Scope !== "local", `Scope ${JSON.stringify(Scope)}`],
  ] as const;
  const found = refused.find(([there]) => there);
  if (found !== undefined) throw new EngineError("NotImplemented", `${found[1]} of a network is not supported`);
}
