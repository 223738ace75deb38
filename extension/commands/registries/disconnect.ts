import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenRegistry } from "./chosen.ts";

export const command: Command = {
  id: "slipway.registries.disconnect",
  async run(app, args) {
    const address = await chosenRegistry(app, args, l10n.t("Disconnect Registry"));
    if (address !== undefined) await app.registries.disconnect(address);
  },
};
