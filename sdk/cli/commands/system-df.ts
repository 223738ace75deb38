import type { SystemDataUsage } from "../../contract/index.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { CommandFailure } from "../exit.ts";
import { humanSize, humanSizeShort } from "../flags/units.ts";
import { containerFormat, containerRow } from "../output/container-rows.ts";
import { DISK_USAGE_FORMAT, diskUsageRows } from "../output/disk-usage.ts";
import { formatRows } from "../output/formatter.ts";
import { imageFormat, imageRows } from "../output/image-rows.ts";
import { VOLUME_FORMAT, volumeRow } from "../output/volume-rows.ts";
import { LIST_FORMAT_OPTION } from "./shared.ts";

export const command = defineCommand({
  usage: "[OPTIONS]",
  options: [
    LIST_FORMAT_OPTION,
    { name: "verbose", short: "v", type: "bool", help: "Show detailed information on space usage" },
  ],
  args: [0],
  async run(context, options) {
    if (options.verbose && options.format !== undefined)
      throw new CommandFailure("--format and --verbose together are not supported");
    const usage = await (await context.engine()).system.diskUsage({}, context.signal);
    if (options.verbose) context.print(verboseText(context, usage));
    else context.print(formatRows(diskUsageRows(usage), DISK_USAGE_FORMAT, { format: options.format }));
  },
});

const IMAGES =
  "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}";
const CONTAINERS =
  "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}";
const VOLUMES = "table {{.Name}}\t{{.Links}}\t{{.Size}}";

function verboseText(context: CommandContext, usage: SystemDataUsage): string {
  // One line an image, under its first name.
  const images = (usage.Images ?? []).flatMap((image) =>
    imageRows(context, [image], { full: false, digests: false }).slice(0, 1),
  );
  const containers = (usage.Containers ?? []).map((container) => ({
    ...containerRow(context, container, false),
    Size: humanSizeShort(container.SizeRw ?? 0),
  }));
  const volumes = (usage.Volumes ?? []).map(volumeRow);
  const cache = humanSize((usage.BuildCache ?? []).reduce((total, { Size }) => total + Size, 0));
  return [
    `Images space usage:\n\n${formatRows(images, imageFormat(false), { format: IMAGES })}`,
    `Containers space usage:\n\n${formatRows(containers, containerFormat(false), { format: CONTAINERS })}`,
    `Local Volumes space usage:\n\n${formatRows(volumes, VOLUME_FORMAT, { format: VOLUMES })}`,
    `Build cache usage: ${cache}\n\nCACHE ID   CACHE TYPE   SIZE      CREATED   LAST USED   USAGE     SHARED\n`,
  ].join("\n");
}
