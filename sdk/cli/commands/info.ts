import type { SystemInfo } from "../../contract/index.ts";
import { defineCommand } from "../command.ts";
import { CommandFailure } from "../exit.ts";
import { failureText } from "../failures.ts";
import { infoText } from "../output/info-text.ts";
import { inspectTemplate } from "../output/inspect-format.ts";
import { clientVersion } from "../version.ts";
import { contextName, FORMAT_OPTION } from "./shared.ts";

export const command = defineCommand({
  usage: "[OPTIONS]",
  options: [FORMAT_OPTION],
  args: [0],
  async run(context, options) {
    const template = options.format === undefined ? undefined : inspectTemplate(options.format);
    let info: SystemInfo | undefined;
    let failure: unknown;
    try {
      info = await (await context.engine()).system.info(context.signal);
    } catch (error) {
      failure = error;
    }
    const client = {
      Debug: context.globals.debug ?? false,
      Context: await contextName(context),
      Version: clientVersion().version,
    };
    if (template !== undefined) {
      if (failure !== undefined) context.warn(`${failureText(failure)}\n`);
      context.print(`${template({ ...info, ClientInfo: client })}\n`);
      if (failure !== undefined) throw new CommandFailure("", undefined, { cause: failure });
      return;
    }
    const head = `Client:\n Version:    ${client.Version}\n Context:    ${client.Context}\n Debug Mode: ${client.Debug}\n\nServer:\n`;
    context.print(head + (info === undefined ? "" : infoText(info)));
    for (const warning of info?.Warnings ?? []) context.warn(`${warning}\n`);
    if (failure !== undefined) throw new CommandFailure(failureText(failure), undefined, { cause: failure });
  },
});
