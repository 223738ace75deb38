import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenImages } from "../targets.ts";

export const command: Command = {
  id: "slipway.images.history",
  async run(app, args) {
    for (const { image, reference } of await chosenImages(app, args, l10n.t("Show History of Image")))
      await app.documents.open({ kind: "history", id: image.id, name: reference });
  },
};
