import { createInterface } from "node:readline";
import { defineCommand } from "../command.ts";
import { FILTER_OPTION, filtersOf } from "../flags/filters.ts";
import { eventLine, eventRow, parseEvent } from "../output/event-text.ts";
import { compileFormat } from "../output/formatter.ts";
import { unescapeFormat } from "../template/template.ts";
import { timestamp } from "./shared.ts";

export const command = defineCommand({
  usage: "[OPTIONS]",
  options: [
    FILTER_OPTION,
    { name: "format", type: "string", help: "Format output: 'json', or a Go template" },
    { name: "since", type: "string", help: "Show all events created since timestamp" },
    { name: "until", type: "string", help: "Stream events until this timestamp" },
  ],
  args: [0],
  async run(context, options) {
    const { format } = options;
    const asSent = format === "json" || format === "{{json .}}";
    const template = format === undefined || asSent ? undefined : compileFormat(unescapeFormat(format));
    const query = {
      since: options.since && (await timestamp(context, options.since)),
      until: options.until && (await timestamp(context, options.until)),
      filters: filtersOf(options.filter),
    };
    const engine = await context.engine();
    const input = await engine.system.openEvents(query, context.signal);
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line.trim() === "") continue;
      if (asSent) context.print(`${line}\n`);
      else if (template === undefined) context.print(eventLine(parseEvent(line)));
      else context.print(`${template(eventRow(parseEvent(line)))}\n`);
    }
  },
});
