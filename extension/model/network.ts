import type { wire } from "../../sdk/index.ts";

export interface Network {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly internal: boolean;
  /** In CIDR notation. */
  readonly subnets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export function networkOf(summary: wire.NetworkSummary): Network {
  return {
    id: summary.Id,
    name: summary.Name,
    driver: summary.Driver,
    internal: summary.Internal,
    subnets: (summary.IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
    labels: summary.Labels ?? {},
  };
}

/** The engine's own, which cannot be removed. */
export function isPredefined({ name }: Network): boolean {
  return name === "bridge" || name === "host" || name === "none";
}
