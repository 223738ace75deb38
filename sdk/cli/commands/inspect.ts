/** `inspect` of anything, and of one kind: container, image, network, volume. */
import { defineCommand } from "../command.ts";
import type { ApiClient } from "../../client/api/api-client.ts";
import type { CommandContext } from "../context.ts";
import { CommandFailure } from "../exit.ts";
import { failureText } from "../failures.ts";
import { indentedList } from "../output/go-json.ts";
import { inspectTemplate } from "../output/inspect-format.ts";
import { NotFound } from "../../transport/errors.ts";
import { FORMAT_OPTION } from "./shared.ts";

type Kind = "container" | "image" | "network" | "volume";
type Find = (engine: ApiClient, name: string, query: { readonly size?: boolean }) => Promise<unknown>;

const FIND: Readonly<Record<Kind, Find>> = {
  container: (engine, name, query) => engine.containers.inspect(name, query),
  image: (engine, name) => engine.images.inspect(name),
  network: (engine, name) => engine.networks.inspect(name),
  volume: (engine, name) => engine.volumes.inspect(name),
};

const SIZE_OPTION = {
  name: "size",
  short: "s",
  type: "bool",
  help: "Display total file sizes if the type is container",
} as const;

export const command = defineCommand({
  usage: "[OPTIONS] NAME|ID [NAME|ID...]",
  options: [
    FORMAT_OPTION,
    SIZE_OPTION,
    { name: "type", type: "string", help: "Only inspect objects of the given type" },
  ],
  args: [1, Number.POSITIVE_INFINITY],
  async run(context, options, names) {
    const kind = options.type ?? "";
    if (kind !== "" && !Object.hasOwn(FIND, kind))
      throw new CommandFailure(`${JSON.stringify(kind)} is not a valid value for --type`);
    const find = kind === "" ? anyKind : FIND[kind as Kind];
    await inspect(context, names, find, { format: options.format, size: options.size });
  },
});

function ofKind(kind: Kind, usage: string) {
  return defineCommand({
    usage: `[OPTIONS] ${usage} [${usage}...]`,
    options: kind === "container" ? [FORMAT_OPTION, SIZE_OPTION] : [FORMAT_OPTION],
    args: [1, Number.POSITIVE_INFINITY],
    async run(context, options, names) {
      const { size } = options as { size?: boolean };
      await inspect(context, names, FIND[kind], { format: options.format, size });
    },
  });
}

export const container = ofKind("container", "CONTAINER");
export const image = ofKind("image", "IMAGE");
export const network = ofKind("network", "NETWORK");
export const volume = ofKind("volume", "VOLUME");

/** The first kind that has it, in docker's order. @throws CommandFailure when none has. */
const anyKind: Find = async (engine, name, query) => {
  for (const kind of ["container", "image", "network", "volume"] as const) {
    try {
      return await FIND[kind](engine, name, query);
    } catch (error) {
      // A kind that the engine does not have, or a name that cannot be one of it, is no answer for the others.
      if (!(error instanceof NotFound) && !isRefused(error)) throw error;
    }
  }
  throw new CommandFailure(`Error: No such object: ${name}`);
};

function isRefused(error: unknown): boolean {
  const kind = (error as { kind?: string }).kind;
  return kind === "NotImplemented" || kind === "InvalidParameter";
}

/** Prints what was found even where something else was not, and fails then. */
async function inspect(
  context: CommandContext,
  names: readonly string[],
  find: Find,
  options: { readonly format?: string; readonly size?: boolean },
): Promise<void> {
  const template = options.format === undefined ? undefined : inspectTemplate(options.format);
  const found: unknown[] = [];
  const failures: unknown[] = [];
  try {
    const engine = await context.engine();
    for (const name of names) {
      try {
        found.push(await find(engine, name, { size: options.size }));
      } catch (error) {
        failures.push(error);
      }
    }
  } catch (error) {
    failures.push(error);
  }
  if (template === undefined) context.print(indentedList(found));
  else context.print(`${formatted(found, template, failures).join("\n")}\n`);
  if (failures.length > 0)
    throw new CommandFailure(failures.map(failureText).join("\n"), undefined, { cause: failures[0] });
}

/** What the template makes of each; one that it does not fit is a failure and the end. */
function formatted(
  found: readonly unknown[],
  template: (data: unknown) => string,
  failures: unknown[],
): readonly string[] {
  const lines: string[] = [];
  try {
    for (const object of found) lines.push(template(object));
  } catch (error) {
    failures.push(error);
  }
  return lines;
}
