import { stdioParts } from "../../transport/demux.ts";
import { defineCommand } from "../command.ts";
import { writeAll } from "../stdio/relay.ts";
import { timestamp } from "./shared.ts";

export const command = defineCommand({
  usage: "[OPTIONS] CONTAINER",
  options: [
    { name: "details", type: "bool", help: "Show extra details provided to logs" },
    { name: "follow", short: "f", type: "bool", help: "Follow log output" },
    {
      name: "since",
      type: "string",
      help: 'Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m")',
    },
    {
      name: "tail",
      short: "n",
      type: "string",
      help: 'Number of lines to show from the end of the logs (default "all")',
    },
    { name: "timestamps", short: "t", type: "bool", help: "Show timestamps" },
    {
      name: "until",
      type: "string",
      help: 'Show logs before a timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m")',
    },
  ],
  args: [1],
  async run(context, options, [name]) {
    const engine = await context.engine();
    const { Id: id, Config } = await engine.containers.inspect(name!, {}, context.signal);
    const query = {
      stdout: true,
      stderr: true,
      follow: options.follow,
      timestamps: options.timestamps,
      details: options.details,
      tail: options.tail ?? "all",
      since: options.since && (await timestamp(context, options.since)),
      until: options.until && (await timestamp(context, options.until)),
    };
    const log = await engine.containers.logs(id, query, context.signal);
    if (Config.Tty) for await (const bytes of log as AsyncIterable<Uint8Array>) await writeAll(context.stdout, bytes);
    else
      for await (const { stream, bytes } of stdioParts(log))
        await writeAll(stream === "stderr" ? context.stderr : context.stdout, bytes);
  },
});
