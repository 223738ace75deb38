import type { SystemDataUsage } from "../../contract/index.ts";
import { humanSize } from "../flags/units.ts";
import type { ListFormat, Row } from "./formatter.ts";

export const DISK_USAGE_FORMAT: ListFormat = {
  headers: { Type: "TYPE", TotalCount: "TOTAL", Active: "ACTIVE", Size: "SIZE", Reclaimable: "RECLAIMABLE" },
  table: "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}",
};

const ACTIVE_STATES = new Set(["running", "paused", "restarting"]);

/** The four lines of `system df`. */
export function diskUsageRows(usage: SystemDataUsage): Row[] {
  const images = usage.Images ?? [];
  const used = images.filter((image) => image.Containers !== 0 && image.Size !== -1 && (image.SharedSize ?? -1) !== -1);
  const layers = usage.LayersSize;
  const containers = usage.Containers ?? [];
  const idle = containers.filter(({ State }) => !ACTIVE_STATES.has(State));
  const volumes = (usage.Volumes ?? []).map(({ UsageData }) => ({
    size: UsageData?.Size ?? -1,
    users: UsageData?.RefCount ?? -1,
  }));
  const cache = usage.BuildCache ?? [];
  return [
    row(
      "Images",
      images.length,
      images.filter((image) => (image.Containers ?? 0) > 0).length,
      layers,
      layers - sum(used.map((image) => image.Size - (image.SharedSize ?? 0))),
    ),
    row("Containers", containers.length, containers.length - idle.length, sum(containers.map(own)), sum(idle.map(own))),
    row(
      "Local Volumes",
      volumes.length,
      volumes.filter(({ users }) => users > 0).length,
      sum(volumes.map(({ size }) => Math.max(size, 0))),
      sum(volumes.map(({ size, users }) => (users === 0 ? Math.max(size, 0) : 0))),
    ),
    {
      ...row(
        "Build Cache",
        cache.length,
        cache.filter(({ InUse }) => InUse).length,
        sum(cache.map(({ Size }) => Size)),
        0,
      ),
      Reclaimable: humanSize(sum(cache.map(({ InUse, Shared, Size }) => (InUse || Shared ? 0 : Size)))),
    },
  ];
}

function own({ SizeRw }: { readonly SizeRw?: number }): number {
  return SizeRw ?? 0;
}

function row(type: string, count: number, active: number, size: number, reclaimable: number): Row {
  const share = size > 0 ? ` (${Math.trunc((reclaimable * 100) / size)}%)` : "";
  return {
    Type: type,
    TotalCount: String(count),
    Active: String(active),
    Size: humanSize(size),
    Reclaimable: `${humanSize(Math.max(reclaimable, 0))}${share}`,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
