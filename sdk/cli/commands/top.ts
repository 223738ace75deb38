import { defineCommand } from "../command.ts";
import { tabulate } from "../output/tabulate.ts";

const COLUMN = 20;

export const command = defineCommand({
  usage: "CONTAINER [ps OPTIONS]",
  options: [],
  args: [1, Number.POSITIVE_INFINITY],
  stopEarly: true,
  async run(context, _options, [name, ...words]) {
    const engine = await context.engine();
    const query = { ps_args: words.length === 0 ? undefined : words.join(" ") };
    const { Titles, Processes } = await engine.containers.top(name!, query, context.signal);
    context.print(
      tabulate(
        [Titles, ...Processes].map((row) => row.join("\t")),
        COLUMN,
      ),
    );
  },
});
