import type { NetworkCreateBody } from "../../../sdk/contract/index.ts";
import { EngineError } from "../../base/errors.ts";
import type { NetworkWish } from "../../engine/services.ts";

/** What `network create` asks for. @throws NotImplemented by the name of the field. */
export function networkWish(body: NetworkCreateBody): NetworkWish {
  refuse(body);
  const { Name, Driver, Internal, Attachable, EnableIPv4, EnableIPv6, IPAM, Options, Labels } = body;
  return {
    name: Name,
    driver: Driver ?? "",
    internal: Internal ?? false,
    attachable: Attachable ?? false,
    enableIpv4: EnableIPv4 ?? true,
    enableIpv6: EnableIPv6 ?? false,
    ...(body.ConfigOnly === true && { configOnly: true }),
    ...(body.ConfigFrom?.Network && { configFrom: body.ConfigFrom.Network }),
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

function refuse({ Ingress, Scope }: NetworkCreateBody): void {
  const refused = [
    [Ingress === true, "Ingress"],
    [Boolean(Scope) && Scope !== "local", `Scope ${JSON.stringify(Scope)}`],
  ] as const;
  const found = refused.find(([there]) => there);
  if (found !== undefined) throw new EngineError("NotImplemented", `${found[1]} of a network is not supported`);
}
