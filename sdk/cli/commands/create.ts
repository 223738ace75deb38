import { defineCommand } from "../command.ts";
import { attachedStreams, createContainer } from "../create-container.ts";
import { CREATE_OPTIONS } from "../flags/create-options.ts";

export const command = defineCommand({
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  options: CREATE_OPTIONS,
  args: [1, Number.POSITIVE_INFINITY],
  stopEarly: true,
  async run(context, options, words) {
    context.print(`${await createContainer(context, options, words, attachedStreams(options))}\n`);
  },
});
