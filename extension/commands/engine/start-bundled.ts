import { ConfigurationTarget, l10n, workspace } from "vscode";
import type { Command } from "../command.ts";

export const command: Command = {
  id: "slipway.engine.startBundled",
  async run(app) {
    const settings = workspace.getConfiguration("slipway");
    const target =
      workspace.workspaceFolders === undefined ? ConfigurationTarget.Global : ConfigurationTarget.Workspace;
    if (settings.get("engine") === "bundled") await app.session.restart();
    else await settings.update("engine", "bundled", target);
    await app.ui.progress(l10n.t("Starting the bundled engine"), async () => await app.session.engine());
  },
};
