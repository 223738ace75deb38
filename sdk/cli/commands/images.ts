import { defineCommand } from "../command.ts";
import { FILTER_OPTION, filtersOf } from "../flags/filters.ts";
import { compileFormat, formatNames, formatRows } from "../output/formatter.ts";
import { imageFormat, imageRows } from "../output/image-rows.ts";
import { unescapeFormat } from "../template/template.ts";
import { LIST_FORMAT_OPTION } from "./shared.ts";

export const command = defineCommand({
  usage: "[OPTIONS] [REPOSITORY[:TAG]]",
  options: [
    { name: "all", short: "a", type: "bool", help: "Show all images (default hides intermediate images)" },
    { name: "digests", type: "bool", help: "Show digests" },
    FILTER_OPTION,
    LIST_FORMAT_OPTION,
    { name: "no-trunc", type: "bool", help: "Don't truncate output" },
    { name: "quiet", short: "q", type: "bool", help: "Only show image IDs" },
  ],
  args: [0, 1],
  async run(context, options, [reference]) {
    const format = options.format ?? (options.quiet ? undefined : (await context.config()).imagesFormat);
    if (format !== undefined) compileFormat(unescapeFormat(format));
    const filters = reference === undefined ? options.filter : [...options.filter, `reference=${reference}`];
    const engine = await context.engine();
    const images = await engine.images.list({ all: options.all, filters: filtersOf(filters) }, context.signal);
    const digests = options.digests || (format !== "json" && formatNames(format, "Digest"));
    const rows = imageRows(context, images, { full: options["no-trunc"] ?? false, digests });
    context.print(formatRows(rows, imageFormat(options.digests ?? false), { format, quiet: options.quiet }));
  },
});
