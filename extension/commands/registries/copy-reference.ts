import type { Command } from "../command.ts";

export const command: Command = {
  id: "slipway.registries.copyReference",
  async run(app, { nodes }) {
    const names = nodes.flatMap(({ subject }) =>
      subject.type === "tag" ? [`${subject.address}/${subject.repository}:${subject.tag}`] : [],
    );
    if (names.length > 0) await app.ui.copy(names.join("\n"));
  },
};
