import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenVolumes } from "../targets.ts";

export const command: Command = {
  id: "slipway.volumes.inspect",
  async run(app, args) {
    for (const { name } of await chosenVolumes(app, args, l10n.t("Inspect Volume")))
      await app.documents.open({ kind: "volume", id: name, name });
  },
};
