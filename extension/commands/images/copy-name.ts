import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenImages } from "../targets.ts";

export const command: Command = {
  id: "slipway.images.copyName",
  async run(app, args) {
    const chosen = await chosenImages(app, args, l10n.t("Copy Name of Image"));
    if (chosen.length > 0) await app.ui.copy(chosen.map(({ reference }) => reference).join("\n"));
  },
};
