import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenConfigurations } from "./chosen.ts";

/** As JSON, at its place in the file. */
export const command: Command = {
  id: "slipway.configurations.editFile",
  async run(app, args) {
    const [chosen] = await chosenConfigurations(app, args, l10n.t("Edit Run Configuration as JSON"));
    if (chosen !== undefined) await app.configurations.openFile(chosen.folder, chosen.configuration.name);
  },
};
