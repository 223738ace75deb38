import type { ContainerSummary } from "../../contract/index.ts";
import type { CommandContext } from "../context.ts";
import { humanSizeShort } from "../flags/units.ts";
import type { ListFormat, Row } from "./formatter.ts";
import { portsText } from "./ports-text.ts";
import { ellipsis, shortId } from "./short-id.ts";
import { ago, goTime } from "./times.ts";

const HEADERS = {
  ID: "CONTAINER ID",
  Names: "NAMES",
  Image: "IMAGE",
  Command: "COMMAND",
  CreatedAt: "CREATED AT",
  RunningFor: "CREATED",
  Ports: "PORTS",
  State: "STATE",
  Status: "STATUS",
  Size: "SIZE",
  Labels: "LABELS",
  Mounts: "MOUNTS",
  LocalVolumes: "LOCAL VOLUMES",
  Networks: "NETWORKS",
  Platform: "PLATFORM",
} as const;

const TABLE = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}";

export function containerFormat(size: boolean): ListFormat {
  return {
    headers: HEADERS,
    table: size ? `${TABLE}\t{{.Size}}` : TABLE,
    quiet: "{{.ID}}",
    raw: `container_id: {{.ID}}\nimage: {{.Image}}\ncommand: {{.Command}}\ncreated_at: {{.CreatedAt}}\nstate: {{.State}}\nstatus: {{.Status}}\nnames: {{.Names}}\nlabels: {{.Labels}}\nports: {{.Ports}}\n${size ? "size: {{.Size}}\n" : ""}`,
  };
}

export function containerRow(context: CommandContext, container: ContainerSummary, full: boolean): Row {
  const labels = container.Labels ?? {};
  const names = (container.Names ?? []).map((name) => name.replace(/^\//, ""));
  const mounts = container.Mounts ?? [];
  return {
    ID: full ? container.Id : shortId(container.Id),
    // A name with a slash is that of a link, which belongs to another container.
    Names: (full ? names : names.filter((name) => !name.includes("/"))).join(","),
    Image: imageText(container, full),
    Command: JSON.stringify(full ? container.Command : ellipsis(container.Command, 20)),
    CreatedAt: goTime(container.Created),
    RunningFor: ago(container.Created, context.now()),
    Ports: portsText(container.Ports ?? []),
    State: container.State,
    Status: container.Status,
    Size: sizeText(container),
    Labels: pairs(labels),
    Label: (name: unknown): string => labels[String(name)] ?? "",
    Mounts: mounts.map((mount) => (full ? mountName(mount) : ellipsis(mountName(mount), 15))).join(","),
    LocalVolumes: String(mounts.filter((mount) => mount.Driver === "local").length),
    Networks: Object.keys(container.NetworkSettings?.Networks ?? {}).join(","),
    Platform: null,
  };
}

/** The name that the container was made from; an id where the name has moved on to another image. */
function imageText({ Image, ImageID }: ContainerSummary, full: boolean): string {
  if (Image === "") return "<no image>";
  if (full) return Image;
  const isId = Image === ImageID || /^sha256:[\da-f]{64}$/.test(Image);
  if (isId) return shortId(Image);
  // `name@digest` shows the name alone, as docker does.
  return Image.includes("@") ? Image.slice(0, Image.indexOf("@")) : Image;
}

export function sizeText({ SizeRw, SizeRootFs }: ContainerSummary): string {
  const own = humanSizeShort(SizeRw ?? 0);
  return (SizeRootFs ?? 0) > 0 ? `${own} (virtual ${humanSizeShort(SizeRootFs ?? 0)})` : own;
}

function mountName(mount: { readonly Type?: string; readonly Name?: string; readonly Source?: string }): string {
  return mount.Name || mount.Source || "";
}

/** `a=b,c=d`, in the order of the keys. */
export function pairs(record: Readonly<Record<string, string>> | null | undefined): string {
  return Object.entries(record ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");
}
