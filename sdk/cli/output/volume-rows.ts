import type { Volume } from "../../contract/index.ts";
import { humanSize } from "../flags/units.ts";
import { pairs } from "./container-rows.ts";
import type { ListFormat, Row } from "./formatter.ts";

export const VOLUME_FORMAT: ListFormat = {
  headers: {
    Name: "VOLUME NAME",
    Driver: "DRIVER",
    Scope: "SCOPE",
    Mountpoint: "MOUNTPOINT",
    Labels: "LABELS",
    Links: "LINKS",
    Size: "SIZE",
    Availability: "AVAILABILITY",
    Group: "GROUP",
    Status: "STATUS",
  },
  table: "table {{.Driver}}\t{{.Name}}",
  quiet: "{{.Name}}",
  raw: "name: {{.Name}}\ndriver: {{.Driver}}\n",
};

export function volumeRow(volume: Volume): Row {
  const { Size, RefCount } = volume.UsageData ?? { Size: -1, RefCount: -1 };
  const labels = volume.Labels ?? {};
  return {
    Name: volume.Name,
    Driver: volume.Driver,
    Scope: volume.Scope,
    Mountpoint: volume.Mountpoint,
    Labels: pairs(labels),
    Label: (name: unknown): string => labels[String(name)] ?? "",
    Links: RefCount === -1 ? "N/A" : String(RefCount),
    Size: Size === -1 ? "N/A" : humanSize(Size),
    Availability: "N/A",
    Group: "N/A",
    Status: "N/A",
  };
}
