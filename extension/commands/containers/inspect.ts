import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenContainers } from "../targets.ts";

export const command: Command = {
  id: "slipway.containers.inspect",
  async run(app, args) {
    const chosen = await chosenContainers(app, args, l10n.t("Inspect Container"));
    for (const { id, name } of chosen) await app.documents.open({ kind: "container", id, name });
  },
};
