import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenRegistry } from "./chosen.ts";

/** A registry tells of no change, so it is asked again when the user wants it. */
export const command: Command = {
  id: "slipway.registries.refresh",
  async run(app, args) {
    const address = await chosenRegistry(app, args, l10n.t("Refresh Registry"));
    if (address !== undefined) await app.registries.load(address);
  },
};
