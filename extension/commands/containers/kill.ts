import { l10n } from "vscode";
import { isUp } from "../../model/container.ts";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";
import { chosenContainers } from "../targets.ts";

const SIGNALS = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

export const command: Command = {
  id: "slipway.containers.kill",
  async run(app, args) {
    const chosen = await chosenContainers(app, args, l10n.t("Send Signal to Container"), isUp);
    if (chosen.length === 0) return;
    const choices = SIGNALS.map((value) => ({ label: value, value }));
    const signal = await app.ui.pick(l10n.t("Signal to send"), choices);
    if (signal === undefined) return;
    const engine = await app.session.engine();
    await forEach(
      "slipway.containers",
      chosen,
      (each) => each.name,
      async ({ id }) => await engine.containers.withId(id).kill(signal),
    );
  },
};
