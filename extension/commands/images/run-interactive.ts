import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenImages } from "../targets.ts";

/** In a terminal; the container is removed when it ends. */
export const command: Command = {
  id: "slipway.images.runInteractive",
  async run(app, args) {
    const [chosen] = await chosenImages(app, args, l10n.t("Run Image Interactively"));
    if (chosen === undefined) return;
    app.shells.runInteractive({ image: chosen.reference, pull: "never", autoRemove: true }, chosen.reference).show();
  },
};
