/** volume ls, create, rm. */
import { defineCommand } from "../command.ts";
import { forEachObject } from "../each.ts";
import { CommandFailure } from "../exit.ts";
import { FILTER_OPTION, filtersOf } from "../flags/filters.ts";
import { keyValues } from "../flags/key-values.ts";
import { formatRows } from "../output/formatter.ts";
import { VOLUME_FORMAT, volumeRow } from "../output/volume-rows.ts";
import { LIST_FORMAT_OPTION } from "./shared.ts";

export const ls = defineCommand({
  usage: "[OPTIONS]",
  options: [
    FILTER_OPTION,
    LIST_FORMAT_OPTION,
    { name: "quiet", short: "q", type: "bool", help: "Only display volume names" },
  ],
  args: [0],
  async run(context, options) {
    const engine = await context.engine();
    const { Volumes } = await engine.volumes.list({ filters: filtersOf(options.filter) }, context.signal);
    const rows = [...(Volumes ?? [])].sort((left, right) => (left.Name < right.Name ? -1 : 1)).map(volumeRow);
    context.print(formatRows(rows, VOLUME_FORMAT, { format: options.format, quiet: options.quiet }));
  },
});

export const create = defineCommand({
  usage: "[OPTIONS] [VOLUME]",
  options: [
    { name: "driver", short: "d", type: "string", help: 'Specify volume driver name (default "local")' },
    { name: "label", type: "list", help: "Set metadata for a volume" },
    { name: "name", type: "string", help: "Specify volume name", hidden: true },
    { name: "opt", short: "o", type: "list", value: "map", help: "Set driver specific options" },
  ],
  args: [0, 1],
  async run(context, options, [name]) {
    if (name !== undefined && options.name !== undefined)
      throw new CommandFailure(
        "conflicting options: cannot specify a volume name through both --name and as a positional arg",
      );
    const engine = await context.engine();
    const volume = await engine.volumes.create(
      {
        Name: name ?? options.name,
        Driver: options.driver ?? "local",
        DriverOpts: options.opt.length > 0 ? keyValues(options.opt) : undefined,
        Labels: options.label.length > 0 ? keyValues(options.label) : undefined,
      },
      context.signal,
    );
    context.print(`${volume.Name}\n`);
  },
});

export const rm = defineCommand({
  usage: "[OPTIONS] VOLUME [VOLUME...]",
  options: [{ name: "force", short: "f", type: "bool", help: "Force the removal of one or more volumes" }],
  args: [1, Number.POSITIVE_INFINITY],
  async run(context, options, names) {
    const engine = await context.engine();
    const { force } = options;
    await forEachObject(context, names, (name) => engine.volumes.remove(name, { force }, context.signal), {
      forgiveMissing: force,
    });
  },
});
