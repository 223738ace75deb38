import { l10n } from "vscode";
import { isUp } from "../../model/container.ts";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";
import { chosenConfigurations, containerFor } from "./chosen.ts";

export const command: Command = {
  id: "slipway.configurations.stop",
  async run(app, args) {
    const chosen = await chosenConfigurations(app, args, l10n.t("Stop Run Configuration"));
    const engine = await app.session.engine();
    await forEach(
      "slipway.configurations",
      chosen,
      ({ configuration }) => configuration.name,
      async (each) => {
        const container = await containerFor(app, each);
        if (container !== undefined && isUp(container)) await engine.containers.withId(container.id).stop();
      },
    );
  },
};
