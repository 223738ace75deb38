import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenNetworks } from "../targets.ts";

export const command: Command = {
  id: "slipway.networks.inspect",
  async run(app, args) {
    for (const { id, name } of await chosenNetworks(app, args, l10n.t("Inspect Network")))
      await app.documents.open({ kind: "network", id, name });
  },
};
