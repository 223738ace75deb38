import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { listed } from "../targets.ts";

/** Opens again what was open when the window was reloaded, each in its container with its shell, user and directory. */
export const command: Command = {
  id: "slipway.containers.reattachShells",
  async run(app) {
    const store = await listed(app, "containers");
    const lost = app.shells.lost();
    const possible = lost.flatMap(({ container, choice }) => {
      const found = store.get(container);
      return found?.state === "running" ? [{ found, choice }] : [];
    });
    await app.shells.forgetLost();
    if (possible.length === 0) return await app.ui.inform(l10n.t("No shell was open in a container that still runs."));
    for (const { found, choice } of possible) app.shells.open(found, choice).show();
  },
};
