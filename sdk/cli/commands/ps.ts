import { defineCommand } from "../command.ts";
import { FILTER_OPTION, filtersOf } from "../flags/filters.ts";
import { containerFormat, containerRow } from "../output/container-rows.ts";
import { compileFormat, formatNames, formatRows } from "../output/formatter.ts";
import { unescapeFormat } from "../template/template.ts";
import { LIST_FORMAT_OPTION } from "./shared.ts";

export const command = defineCommand({
  usage: "[OPTIONS]",
  options: [
    { name: "all", short: "a", type: "bool", help: "Show all containers (default shows just running)" },
    FILTER_OPTION,
    LIST_FORMAT_OPTION,
    { name: "last", short: "n", type: "int", help: "Show n last created containers (includes all states)" },
    { name: "latest", short: "l", type: "bool", help: "Show the latest created container (includes all states)" },
    { name: "no-trunc", type: "bool", help: "Don't truncate output" },
    { name: "quiet", short: "q", type: "bool", help: "Only display container IDs" },
    { name: "size", short: "s", type: "bool", help: "Display total file sizes" },
  ],
  args: [0],
  async run(context, options) {
    const format = options.format ?? (options.quiet ? undefined : (await context.config()).psFormat);
    // A template that does not parse is told before the engine is asked.
    if (format !== undefined) compileFormat(unescapeFormat(format));
    const last = options.last ?? -1;
    const limit = last > 0 ? last : options.latest ? 1 : undefined;
    const size = options.size || formatNames(format, "Size");
    const engine = await context.engine();
    const query = { all: options.all, limit, size: size || undefined, filters: filtersOf(options.filter) };
    const containers = await engine.containers.list(query, context.signal);
    const rows = containers.map((container) => containerRow(context, container, options["no-trunc"] ?? false));
    context.print(formatRows(rows, containerFormat(options.size ?? false), { format, quiet: options.quiet }));
  },
});
