import { l10n } from "vscode";
import { isUp } from "../../model/container.ts";
import type { Command } from "../command.ts";
import { chosenContainers } from "../targets.ts";

export const command: Command = {
  id: "slipway.containers.attachMain",
  async run(app, args) {
    const chosen = await chosenContainers(app, args, l10n.t("Attach to Container's Main Process"), isUp);
    for (const container of chosen) app.shells.attachMain(container).show();
  },
};
