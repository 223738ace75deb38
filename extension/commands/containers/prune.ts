import { l10n } from "vscode";
import { isUp } from "../../model/container.ts";
import { sizeText } from "../../model/sizes.ts";
import type { Command } from "../command.ts";
import { listed, namesOf } from "../targets.ts";

export const command: Command = {
  id: "slipway.containers.prune",
  async run(app) {
    const engine = await app.session.engine();
    const stopped = (await listed(app, "containers")).values().filter((each) => !isUp(each));
    if (stopped.length === 0) return await app.ui.inform(l10n.t("Every container runs: nothing to remove."));
    const sized = await engine.containers.list({ all: true, size: true, filters: { id: stopped.map(({ id }) => id) } });
    const bytes = sized.reduce((sum, { SizeRw = 0 }) => sum + SizeRw, 0);
    const detail = l10n.t("{0}\n\nThis gives {1} back.", namesOf(stopped.map(({ name }) => name)), sizeText(bytes));
    const question = l10n.t("Remove all {0} containers that do not run?", stopped.length);
    if (!(await app.ui.confirm(question, detail, l10n.t("Remove")))) return;
    const { ContainersDeleted, SpaceReclaimed } = await engine.containers.prune();
    void app.ui.inform(
      l10n.t("{0} containers removed, {1} free again.", ContainersDeleted?.length ?? 0, sizeText(SpaceReclaimed)),
    );
  },
};
