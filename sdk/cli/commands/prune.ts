/** container, image, volume, network and system prune. */
import type { FilterValues } from "../../client/api/caller.ts";
import { SlipwayError } from "../../transport/errors.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { checkFilter, filtersOf } from "../flags/filters.ts";
import { humanSize } from "../flags/units.ts";
import { confirmed, FORCE_OPTION } from "./shared.ts";

const FILTER_OPTION = {
  name: "filter",
  type: "list",
  value: "filter",
  help: 'Provide filter values (e.g. "until=<timestamp>")',
  check: checkFilter,
} as const;

/** What was removed, as it is printed, and the bytes that are free again. */
interface Pruned {
  readonly text: string;
  readonly bytes: number;
}

type Prune = (context: CommandContext, filters: FilterValues | undefined, all: boolean) => Promise<Pruned>;

const containers: Prune = async (context, filters) => {
  const answer = await (await context.engine()).containers.prune({ filters }, context.signal);
  return { text: section("Deleted Containers:", answer.ContainersDeleted), bytes: answer.SpaceReclaimed };
};

const images: Prune = async (context, filters, all) => {
  const query = { filters: { ...filters, dangling: [String(!all)] } };
  const answer = await (await context.engine()).images.prune(query, context.signal);
  const lines = (answer.ImagesDeleted ?? []).map(({ Untagged, Deleted }) =>
    Untagged ? `untagged: ${Untagged}` : `deleted: ${Deleted}`,
  );
  return { text: section("Deleted Images:", lines), bytes: answer.SpaceReclaimed };
};

const volumes: Prune = async (context, filters, all) => {
  const query = { filters: all ? { ...filters, all: ["true"] } : filters };
  const answer = await (await context.engine()).volumes.prune(query, context.signal);
  return { text: section("Deleted Volumes:", answer.VolumesDeleted), bytes: answer.SpaceReclaimed };
};

const networks: Prune = async (context, filters) => {
  const answer = await (await context.engine()).networks.prune({ filters }, context.signal);
  return { text: section("Deleted Networks:", answer.NetworksDeleted), bytes: 0 };
};

/** An engine that does not build has no cache to clear. */
const buildCache: Prune = async (context, filters, all) => {
  const query = { all: all || undefined, filters: filters === undefined ? undefined : JSON.stringify(filters) };
  try {
    const engine = await context.engine();
    const answer = await engine.call<{ CachesDeleted?: string[] | null; SpaceReclaimed?: number } | undefined>(
      "POST",
      "/build/prune",
      { query, signal: context.signal },
    );
    return { text: section("Deleted build cache objects:", answer?.CachesDeleted), bytes: answer?.SpaceReclaimed ?? 0 };
  } catch (error) {
    if (error instanceof SlipwayError && (error.kind === "NotFound" || error.kind === "NotImplemented"))
      return { text: "", bytes: 0 };
    throw error;
  }
};

function section(title: string, lines: readonly string[] | null | undefined): string {
  return lines && lines.length > 0 ? `${title}\n${lines.join("\n")}\n\n` : "";
}

function total(bytes: number): string {
  return `Total reclaimed space: ${humanSize(bytes)}\n`;
}

const ALL_OPTION = {
  name: "all",
  short: "a",
  type: "bool",
  help: "Remove all unused ones, not just dangling or anonymous ones",
} as const;

function pruneOf(prune: Prune, warning: (all: boolean) => string, kind: "container" | "image" | "volume" | "network") {
  const hasAll = kind === "image" || kind === "volume";
  return defineCommand({
    usage: "[OPTIONS]",
    options: hasAll ? [ALL_OPTION, FILTER_OPTION, FORCE_OPTION] : [FILTER_OPTION, FORCE_OPTION],
    args: [0],
    async run(context, options) {
      const { all = false } = options as { all?: boolean };
      if (!options.force && !(await confirmed(context, `WARNING! This will remove ${warning(all)}`))) return;
      const { text, bytes } = await prune(context, filtersOf(options.filter), all);
      context.print(text + (kind === "network" ? "" : total(bytes)));
    },
  });
}

export const container = pruneOf(containers, () => "all stopped containers.", "container");
export const image = pruneOf(
  images,
  (all) => (all ? "all images without at least one container associated to them." : "all dangling images."),
  "image",
);
export const volume = pruneOf(
  volumes,
  (all) => `${all ? "all" : "anonymous"} local volumes not used by at least one container.`,
  "volume",
);
export const network = pruneOf(networks, () => "all custom networks not used by at least one container.", "network");

export const system = defineCommand({
  usage: "[OPTIONS]",
  options: [
    { name: "all", short: "a", type: "bool", help: "Remove all unused images not just dangling ones" },
    FILTER_OPTION,
    FORCE_OPTION,
    { name: "volumes", type: "bool", help: "Prune anonymous volumes" },
  ],
  args: [0],
  async run(context, options) {
    const all = options.all ?? false;
    const warning = [
      "WARNING! This will remove:",
      "  - all stopped containers",
      "  - all networks not used by at least one container",
      ...(options.volumes ? ["  - all anonymous volumes not used by at least one container"] : []),
      all ? "  - all images without at least one container associated to them" : "  - all dangling images",
      all ? "  - all build cache" : "  - unused build cache",
      "",
    ].join("\n");
    if (!options.force && !(await confirmed(context, warning))) return;
    const filters = filtersOf(options.filter);
    let bytes = 0;
    // In this order: what a container held can go after it.
    for (const prune of [containers, networks, ...(options.volumes ? [volumes] : []), images, buildCache]) {
      const result = await prune(context, filters, prune === volumes ? false : all);
      context.print(result.text);
      bytes += result.bytes;
    }
    context.print(total(bytes));
  },
});
