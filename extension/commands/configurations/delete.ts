import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenConfigurations, containerFor } from "./chosen.ts";

export const command: Command = {
  id: "slipway.configurations.delete",
  async run(app, args) {
    for (const chosen of await chosenConfigurations(app, args, l10n.t("Delete Run Configuration"))) {
      const { folder, configuration } = chosen;
      const container = app.session.state.status === "connected" ? await containerFor(app, chosen) : undefined;
      const detail = container === undefined ? "" : l10n.t("Its container {0} stays.", container.name);
      if (
        !(await app.ui.confirm(l10n.t("Delete run configuration {0}?", configuration.name), detail, l10n.t("Delete")))
      )
        continue;
      await app.configurations.remove(folder, configuration.name);
    }
  },
};
