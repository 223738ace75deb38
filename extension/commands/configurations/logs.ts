import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenConfigurations, containerFor } from "./chosen.ts";

export const command: Command = {
  id: "slipway.configurations.logs",
  async run(app, args) {
    for (const chosen of await chosenConfigurations(app, args, l10n.t("Show Logs of Run Configuration"))) {
      const container = await containerFor(app, chosen);
      if (container !== undefined) app.logs.open(container);
      else
        await app.ui.inform(
          l10n.t("{0} has no container: it was never started, or was removed.", chosen.configuration.name),
        );
    }
  },
};
