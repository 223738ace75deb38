import { l10n } from "vscode";
import { startConfiguration } from "../../session/run-start.ts";
import type { Command } from "../command.ts";
import { chosenConfigurations } from "./chosen.ts";

export const command: Command = {
  id: "slipway.configurations.start",
  async run(app, args) {
    for (const chosen of await chosenConfigurations(app, args, l10n.t("Start Run Configuration")))
      await startConfiguration(app, chosen);
  },
};
