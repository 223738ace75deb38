/** tag, rmi, history. */
import { defineCommand } from "../command.ts";
import { settle } from "../each.ts";
import { CommandFailure } from "../exit.ts";
import { failureText } from "../failures.ts";
import { humanSizeShort } from "../flags/units.ts";
import { formatRows, type ListFormat } from "../output/formatter.ts";
import { ellipsis, shortId } from "../output/short-id.ts";
import { ago, rfc3339 } from "../output/times.ts";
import { parseImageName } from "../reference.ts";
import { NotFound } from "../../transport/errors.ts";
import { LIST_FORMAT_OPTION } from "./shared.ts";

export const tag = defineCommand({
  usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
  options: [],
  args: [2],
  async run(context, _options, [source, target]) {
    const name = targetName(target!);
    const engine = await context.engine();
    await engine.images.tag(source!, { repo: name.repository, tag: name.tag ?? "latest" }, context.signal);
  },
});

function targetName(target: string): ReturnType<typeof parseImageName> {
  try {
    return parseImageName(target);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new CommandFailure(
      `Error parsing reference: ${JSON.stringify(target)} is not a valid repository/tag: ${reason}`,
    );
  }
}

export const rmi = defineCommand({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  options: [
    { name: "force", short: "f", type: "bool", help: "Force removal of the image" },
    { name: "no-prune", type: "bool", help: "Do not delete untagged parents" },
    { name: "platform", type: "list", help: "Remove only the given platform variant" },
  ],
  args: [1, Number.POSITIVE_INFINITY],
  async run(context, options, names) {
    const engine = await context.engine();
    const query = { force: options.force, noprune: options["no-prune"] };
    if (options.platform.length > 0) throw new CommandFailure("--platform is not supported: an image is removed whole");
    const failures: unknown[] = [];
    // One after the other: what an image leaves behind may belong to the next.
    for (const name of names) {
      const result = await settle(engine.images.remove(name, query, context.signal));
      if ("value" in result)
        for (const { Deleted, Untagged } of result.value)
          context.print(Deleted ? `Deleted: ${Deleted}\n` : `Untagged: ${Untagged}\n`);
      else if (options.force && result.error instanceof NotFound) context.warn(`${failureText(result.error)}\n`);
      else failures.push(result.error);
    }
    if (failures.length > 0)
      throw new CommandFailure(failures.map(failureText).join("\n"), undefined, { cause: failures[0] });
  },
});

const CREATED_BY_COLUMNS = 45;

export const history = defineCommand({
  usage: "[OPTIONS] IMAGE",
  options: [
    LIST_FORMAT_OPTION,
    { name: "human", short: "H", type: "bool", help: "Print sizes and dates in human readable format (default true)" },
    { name: "no-trunc", type: "bool", help: "Don't truncate output" },
    { name: "platform", type: "string", help: "Show history for the given platform" },
    { name: "quiet", short: "q", type: "bool", help: "Only show image IDs" },
  ],
  args: [1],
  async run(context, options, [image]) {
    const engine = await context.engine();
    const items = await engine.images.history(image!, context.signal);
    const human = options.human ?? true;
    const full = options["no-trunc"] ?? false;
    const rows = items.map((item) => {
      const createdBy = item.CreatedBy.replaceAll("\t", " ");
      return {
        ID: full ? item.Id : item.Id === "<missing>" ? item.Id : shortId(item.Id),
        CreatedBy: full ? createdBy : ellipsis(createdBy, CREATED_BY_COLUMNS),
        CreatedSince: human ? ago(item.Created, context.now()) : rfc3339(item.Created),
        CreatedAt: rfc3339(item.Created),
        Size: human ? humanSizeShort(item.Size) : String(item.Size),
        Comment: item.Comment,
      };
    });
    context.print(formatRows(rows, historyFormat(human), { format: options.format, quiet: options.quiet }));
  },
});

function historyFormat(human: boolean): ListFormat {
  return {
    headers: {
      ID: "IMAGE",
      CreatedSince: human ? "CREATED" : "CREATED AT",
      CreatedAt: "CREATED AT",
      CreatedBy: "CREATED BY",
      Size: "SIZE",
      Comment: "COMMENT",
    },
    table: "table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
    quiet: "{{.ID}}",
  };
}
