import { l10n } from "vscode";
import { commandLine } from "../../model/command-line.ts";
import type { Command } from "../command.ts";
import { chosenContainers } from "../targets.ts";

export const command: Command = {
  id: "slipway.containers.copyCommandLine",
  async run(app, args) {
    const chosen = await chosenContainers(app, args, l10n.t("Copy Container as Command Line"));
    const engine = await app.session.engine();
    const lines = chosen.map(async ({ id }) => {
      const container = await engine.containers.withId(id).inspect();
      const image = await engine.images.find(container.Image);
      return commandLine(container, await image?.inspect());
    });
    if (lines.length > 0) await app.ui.copy((await Promise.all(lines)).join("\n"));
  },
};
