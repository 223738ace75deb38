import { l10n } from "vscode";
import { startConfiguration } from "../../session/run-start.ts";
import type { Command } from "../command.ts";
import { chosenConfigurations } from "./chosen.ts";

/** The container is made anew, so that what was edited counts. */
export const command: Command = {
  id: "slipway.configurations.restart",
  async run(app, args) {
    for (const chosen of await chosenConfigurations(app, args, l10n.t("Restart Run Configuration")))
      await startConfiguration(app, chosen);
  },
};
