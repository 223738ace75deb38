import type { ApiClient } from "../../client/api/api-client.ts";
import type { ContainerStats } from "../../contract/index.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { compileFormat, formatRows } from "../output/formatter.ts";
import { STATS_FORMAT, statsRow } from "../output/stats-rows.ts";
import { unescapeFormat } from "../template/template.ts";
import { LIST_FORMAT_OPTION } from "./shared.ts";

interface StatsOptions {
  readonly all: boolean | undefined;
  readonly format: string | undefined;
  readonly "no-trunc": boolean | undefined;
}

export const command = defineCommand({
  usage: "[OPTIONS] [CONTAINER...]",
  options: [
    { name: "all", short: "a", type: "bool", help: "Show all containers (default shows just running)" },
    LIST_FORMAT_OPTION,
    { name: "no-stream", type: "bool", help: "Disable streaming stats and only pull the first result" },
    { name: "no-trunc", type: "bool", help: "Do not truncate output" },
  ],
  args: [0, Number.POSITIVE_INFINITY],
  async run(context, options, names) {
    if (options.format !== undefined) compileFormat(unescapeFormat(options.format));
    const engine = await context.engine();
    if (options["no-stream"]) return await once(context, engine, options, names);
    await new LiveStats(context, engine, options).run(names);
  },
});

async function listed(
  context: CommandContext,
  engine: ApiClient,
  all: boolean | undefined,
): Promise<readonly string[]> {
  return (await engine.containers.list({ all }, context.signal)).map(({ Id }) => Id);
}

async function once(
  context: CommandContext,
  engine: ApiClient,
  options: StatsOptions,
  names: readonly string[],
): Promise<void> {
  const asked = names.length > 0 ? names : await listed(context, engine, options.all);
  const samples = await Promise.all(asked.map((name) => firstSample(context, engine, name)));
  const rows = asked.map((name, at) => statsRow(name, samples[at], options["no-trunc"] ?? false));
  context.print(formatRows(rows, STATS_FORMAT, { format: options.format }));
}

async function firstSample(
  context: CommandContext,
  engine: ApiClient,
  name: string,
): Promise<ContainerStats | undefined> {
  for await (const sample of engine.containers.stats(name, { stream: false }, context.signal)) return sample;
  return undefined;
}

/** The table, drawn anew when a sample comes. Without names it follows the containers that start and end. */
class LiveStats {
  readonly #context: CommandContext;
  readonly #engine: ApiClient;
  readonly #options: StatsOptions;
  readonly #samples = new Map<string, ContainerStats | undefined>();
  readonly #streams: Promise<void>[] = [];
  #drawing = false;

  constructor(context: CommandContext, engine: ApiClient, options: StatsOptions) {
    this.#context = context;
    this.#engine = engine;
    this.#options = options;
  }

  async run(names: readonly string[]): Promise<void> {
    if (names.length > 0) {
      await Promise.all(names.map((name) => this.#follow(name)));
      return;
    }
    const filters = { type: ["container"], event: ["start", "die", "destroy"] };
    // Listens before it lists: a container that starts in between is in one of the two.
    const events = await this.#engine.system.events({ filters }, this.#context.signal);
    for (const id of await listed(this.#context, this.#engine, this.#options.all)) this.#add(id);
    this.#draw();
    for await (const { Action, Actor } of events) {
      const id = Actor?.ID ?? "";
      if (Action === "start") this.#add(id);
      else if (Action === "destroy" || !this.#options.all) this.#samples.delete(id);
      this.#draw();
    }
    await Promise.all(this.#streams);
  }

  #add(id: string): void {
    if (this.#samples.has(id)) return;
    // One that is gone before its first sample is no failure of the table.
    this.#streams.push(this.#follow(id).catch(() => void this.#samples.delete(id)));
  }

  async #follow(name: string): Promise<void> {
    this.#samples.set(name, undefined);
    for await (const sample of this.#engine.containers.stats(name, { stream: true }, this.#context.signal)) {
      if (!this.#samples.has(name)) return;
      this.#samples.set(name, sample);
      this.#draw();
    }
  }

  /** Samples that come together are drawn once. */
  #draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    setImmediate(() => {
      this.#drawing = false;
      const full = this.#options["no-trunc"] ?? false;
      const rows = [...this.#samples].map(([name, sample]) => statsRow(name, sample, full));
      const table = formatRows(rows, STATS_FORMAT, { format: this.#options.format });
      // Home, each line cleared to its end, and what is below the table: nothing flickers.
      this.#context.print(`\x1b[H${table.replaceAll("\n", "\x1b[K\n")}\x1b[J`);
    });
  }
}
