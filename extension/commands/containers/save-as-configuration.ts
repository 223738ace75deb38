import { l10n } from "vscode";
import { configurationFromContainer } from "../../model/configuration-from-container.ts";
import type { Command } from "../command.ts";
import { chosenContainers } from "../targets.ts";

/** A run configuration that makes a container like this one. */
export const command: Command = {
  id: "slipway.containers.saveAsConfiguration",
  async run(app, args) {
    const [container] = await chosenContainers(app, args, l10n.t("Save Container as Run Configuration"));
    const folder = container && (await app.configurations.chooseFolder(app.ui));
    if (container === undefined || folder === undefined) return;
    const engine = await app.session.engine();
    const inspected = await engine.containers.withId(container.id).inspect();
    const image = await (await engine.images.find(inspected.Image))?.inspect();
    app.configurations.edit(folder, undefined, configurationFromContainer(inspected, image));
  },
};
