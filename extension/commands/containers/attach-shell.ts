import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenContainers } from "../targets.ts";

export const command: Command = {
  id: "slipway.containers.attachShell",
  async run(app, args) {
    const chosen = await chosenContainers(
      app,
      args,
      l10n.t("Attach Shell to Container"),
      ({ state }) => state === "running",
    );
    for (const container of chosen) app.shells.open(container, app.shells.remembered(container)).show();
  },
};
