import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenConfigurations } from "./chosen.ts";

/** In the form. */
export const command: Command = {
  id: "slipway.configurations.edit",
  async run(app, args) {
    const [chosen] = await chosenConfigurations(app, args, l10n.t("Edit Run Configuration"));
    if (chosen !== undefined) app.configurations.edit(chosen.folder, chosen.configuration.name, chosen.configuration);
  },
};
