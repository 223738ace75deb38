import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenImages } from "../targets.ts";

export const command: Command = {
  id: "slipway.images.tag",
  async run(app, args) {
    const [chosen] = await chosenImages(app, args, l10n.t("Tag Image"));
    if (chosen === undefined) return;
    const value = chosen.reference.startsWith("sha256:") ? "" : chosen.reference;
    const name = await app.ui.ask({
      title: l10n.t("New name of {0}", chosen.reference),
      value,
      placeholder: "registry.example.com/app:1.0",
    });
    if (name === undefined || name.trim() === "" || name === chosen.reference) return;
    const engine = await app.session.engine();
    await engine.images.withId(chosen.image.id).tag(name.trim());
  },
};
