import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenContainers } from "../targets.ts";

export const command: Command = {
  id: "slipway.containers.copyId",
  async run(app, args) {
    const chosen = await chosenContainers(app, args, l10n.t("Copy Id of Container"));
    if (chosen.length > 0) await app.ui.copy(chosen.map(({ id }) => id).join("\n"));
  },
};
