import { Type, type Static } from "@sinclair/typebox";
import {
  Nullable,
  OptionalFlag,
  OptionalInteger,
  OptionalText,
  OptionalTextMap,
  OptionalTexts,
  OrNull,
  TextMap,
  Texts,
} from "./common.ts";

export const EndpointIPAMConfig = Type.Object({
  IPv4Address: OptionalText,
  IPv6Address: OptionalText,
  LinkLocalIPs: OptionalTexts,
});
export type EndpointIPAMConfig = Static<typeof EndpointIPAMConfig>;

/** A container on a network: what was asked for, and what it got. */
export const EndpointSettings = Type.Object({
  IPAMConfig: Nullable(EndpointIPAMConfig),
  Links: OptionalTexts,
  Aliases: OptionalTexts,
  MacAddress: OptionalText,
  DriverOpts: OptionalTextMap,
  /** The network with the highest one gives the default route. */
  GwPriority: OptionalInteger,
  NetworkID: OptionalText,
  EndpointID: OptionalText,
  Gateway: OptionalText,
  IPAddress: OptionalText,
  IPPrefixLen: OptionalInteger,
  IPv6Gateway: OptionalText,
  GlobalIPv6Address: OptionalText,
  GlobalIPv6PrefixLen: OptionalInteger,
  DNSNames: OptionalTexts,
});
export type EndpointSettings = Static<typeof EndpointSettings>;

export const NetworkingConfig = Type.Object({
  EndpointsConfig: Nullable(Type.Record(Type.String(), Type.Union([EndpointSettings, Type.Null()]))),
});
export type NetworkingConfig = Static<typeof NetworkingConfig>;

export const IPAMConfig = Type.Object({
  /** CIDR. */
  Subnet: OptionalText,
  IPRange: OptionalText,
  Gateway: OptionalText,
  AuxiliaryAddresses: OptionalTextMap,
});
export type IPAMConfig = Static<typeof IPAMConfig>;

export const IPAM = Type.Object({
  Driver: OptionalText,
  Config: Nullable(Type.Array(IPAMConfig)),
  Options: OptionalTextMap,
});
export type IPAM = Static<typeof IPAM>;

export const ConfigReference = Type.Object({ Network: OptionalText });
export type ConfigReference = Static<typeof ConfigReference>;

export const NetworkCreateBody = Type.Object({
  Name: Type.String(),
  /** Before 1.44 a name might be taken twice unless this was set. */
  CheckDuplicate: OptionalFlag,
  Driver: OptionalText,
  Scope: OptionalText,
  EnableIPv4: OptionalFlag,
  EnableIPv6: OptionalFlag,
  IPAM: Nullable(IPAM),
  Internal: OptionalFlag,
  Attachable: OptionalFlag,
  Ingress: OptionalFlag,
  ConfigOnly: OptionalFlag,
  ConfigFrom: Nullable(ConfigReference),
  Options: OptionalTextMap,
  Labels: OptionalTextMap,
});
export type NetworkCreateBody = Static<typeof NetworkCreateBody>;

export const NetworkCreateResponse = Type.Object({ Id: Type.String(), Warning: Type.String() });
export type NetworkCreateResponse = Static<typeof NetworkCreateResponse>;

export const NetworkConnectBody = Type.Object({
  Container: Type.String(),
  EndpointConfig: Nullable(EndpointSettings),
});
export type NetworkConnectBody = Static<typeof NetworkConnectBody>;

export const NetworkDisconnectBody = Type.Object({ Container: Type.String(), Force: OptionalFlag });
export type NetworkDisconnectBody = Static<typeof NetworkDisconnectBody>;

/** A running container's endpoint, in `Containers` of a network's inspect. */
export const EndpointResource = Type.Object({
  Name: Type.String(),
  EndpointID: Type.String(),
  MacAddress: Type.String(),
  /** With the length of the prefix: `172.17.0.2/16`. */
  IPv4Address: Type.String(),
  IPv6Address: Type.String(),
});
export type EndpointResource = Static<typeof EndpointResource>;

const network = {
  Name: Type.String(),
  Id: Type.String(),
  /** RFC 3339 with nanoseconds. */
  Created: Type.String(),
  Scope: Type.String(),
  Driver: Type.String(),
  EnableIPv4: Type.Optional(Type.Boolean()),
  EnableIPv6: Type.Boolean(),
  IPAM: Type.Object({
    Driver: Type.String(),
    Options: OrNull(TextMap),
    Config: OrNull(
      Type.Array(
        Type.Object({
          Subnet: Type.Optional(Type.String()),
          IPRange: Type.Optional(Type.String()),
          Gateway: Type.Optional(Type.String()),
          AuxiliaryAddresses: Type.Optional(TextMap),
        }),
      ),
    ),
  }),
  Internal: Type.Boolean(),
  Attachable: Type.Boolean(),
  Ingress: Type.Boolean(),
  ConfigFrom: Type.Object({ Network: Type.String() }),
  ConfigOnly: Type.Boolean(),
  Options: OrNull(TextMap),
  Labels: OrNull(TextMap),
};

/** One line of `GET /networks`; `Containers` is empty there. */
export const NetworkSummary = Type.Object({
  ...network,
  Containers: Type.Optional(OrNull(Type.Record(Type.String(), EndpointResource))),
});
export type NetworkSummary = Static<typeof NetworkSummary>;

/** `GET /networks/{id}`. */
export const NetworkInspect = Type.Object({
  ...network,
  /** By the container's id. */
  Containers: OrNull(Type.Record(Type.String(), EndpointResource)),
});
export type NetworkInspect = Static<typeof NetworkInspect>;

export const NetworksPruneResponse = Type.Object({ NetworksDeleted: OrNull(Texts) });
export type NetworksPruneResponse = Static<typeof NetworksPruneResponse>;
