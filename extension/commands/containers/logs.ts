import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenContainers } from "../targets.ts";

export const command: Command = {
  id: "slipway.containers.logs",
  async run(app, args) {
    const chosen = await chosenContainers(app, args, l10n.t("Show Logs of Container"));
    for (const container of chosen) app.logs.open(container);
  },
};
