import { l10n } from "vscode";
import { isUp } from "../../model/container.ts";
import { sizeText } from "../../model/sizes.ts";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";
import { chosenContainers, namesOf } from "../targets.ts";

export const command: Command = {
  id: "slipway.containers.remove",
  async run(app, args) {
    const chosen = await chosenContainers(app, args, l10n.t("Remove Container"));
    if (chosen.length === 0) return;
    const engine = await app.session.engine();
    const sized = await engine.containers.list({ all: true, size: true, filters: { id: chosen.map(({ id }) => id) } });
    const bytes = sized.reduce((sum, { SizeRw = 0 }) => sum + SizeRw, 0);
    const running = chosen.filter(isUp);
    const detail = [
      l10n.t("What they wrote goes with them: {0}.", sizeText(bytes)),
      l10n.t("Anonymous volumes go too, named ones stay."),
      ...(running.length > 0
        ? [l10n.t("Running, and killed first: {0}.", namesOf(running.map(({ name }) => name)))]
        : []),
    ].join("\n");
    const question = l10n.t("Remove {0}?", namesOf(chosen.map(({ name }) => name)));
    if (!(await app.ui.confirm(question, detail, l10n.t("Remove")))) return;
    await forEach(
      "slipway.containers",
      chosen,
      (each) => each.name,
      async ({ id }) => await engine.containers.withId(id).remove({ force: true, volumes: true }),
    );
  },
};
