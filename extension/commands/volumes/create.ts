import { l10n } from "vscode";
import type { Command } from "../command.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export const command: Command = {
  id: "slipway.volumes.create",
  async run(app) {
    const name = await app.ui.ask({
      title: l10n.t("Name of the New Volume"),
      placeholder: "data",
      check: (text) =>
        NAME.test(text) ? undefined : l10n.t("Letters, digits, _, . and -, beginning with a letter or a digit"),
    });
    if (name === undefined) return;
    const engine = await app.session.engine();
    await engine.volumes.create({ name });
  },
};
