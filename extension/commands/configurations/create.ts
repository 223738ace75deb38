import type { Command } from "../command.ts";

export const command: Command = {
  id: "slipway.configurations.create",
  async run(app, { node }) {
    const folder = await app.configurations.chooseFolder(app.ui);
    if (folder === undefined) return;
    const image = node?.subject.type === "image" ? node.subject.tag : undefined;
    app.configurations.edit(folder, undefined, image === undefined ? undefined : { name: "", image });
  },
};
