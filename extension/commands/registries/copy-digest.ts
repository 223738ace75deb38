import type { Command } from "../command.ts";

export const command: Command = {
  id: "slipway.registries.copyDigest",
  async run(app, { node }) {
    if (node?.subject.type !== "tag") return;
    const { address, repository, tag } = node.subject;
    await app.ui.copy(await app.registries.digest(address, repository, tag));
  },
};
