import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenImages } from "../targets.ts";
import { withTransfer } from "./transfer.ts";

export const command: Command = {
  id: "slipway.images.push",
  async run(app, args) {
    const [chosen] = await chosenImages(app, args, l10n.t("Push Image"));
    if (chosen === undefined) return;
    const engine = await app.session.engine();
    const { reference } = chosen;
    const credentials = await app.registries.credentialsFor(reference);
    const { digest } = await withTransfer(app, l10n.t("Pushing {0}", reference), (signal) =>
      engine.images.push(reference, { credentials, signal }),
    );
    void app.ui.inform(l10n.t("{0} is in its registry: {1}", reference, digest ?? ""));
  },
};
