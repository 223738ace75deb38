import { l10n } from "vscode";
import { addressOf } from "../../model/container.ts";
import type { Command } from "../command.ts";
import { chosenConfigurations, containerFor } from "./chosen.ts";

/** Opens the first port that the running container publishes. */
export const command: Command = {
  id: "slipway.configurations.open",
  async run(app, args) {
    const [chosen] = await chosenConfigurations(app, args, l10n.t("Open Run Configuration in Browser"));
    if (chosen === undefined) return;
    const container = await containerFor(app, chosen);
    const port = container?.ports.find(({ host, protocol }) => host !== undefined && protocol === "tcp");
    if (port === undefined) return await app.ui.inform(l10n.t("{0} publishes no port now.", chosen.configuration.name));
    await app.ui.browse(addressOf(port));
  },
};
