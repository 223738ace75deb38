import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenContainers } from "../targets.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export const command: Command = {
  id: "slipway.containers.rename",
  async run(app, args) {
    const [container] = await chosenContainers(app, args, l10n.t("Rename Container"));
    if (container === undefined) return;
    const name = await app.ui.ask({
      title: l10n.t("Rename {0}", container.name),
      value: container.name,
      check: (text) =>
        NAME.test(text) ? undefined : l10n.t("Letters, digits, _, . and -, beginning with a letter or a digit"),
    });
    if (name === undefined || name === container.name) return;
    const engine = await app.session.engine();
    await engine.containers.withId(container.id).rename(name);
  },
};
