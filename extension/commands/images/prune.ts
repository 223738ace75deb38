import { l10n } from "vscode";
import { sizeText } from "../../model/sizes.ts";
import type { Command } from "../command.ts";
import { listed } from "../targets.ts";

export const command: Command = {
  id: "slipway.images.prune",
  async run(app) {
    const engine = await app.session.engine();
    const used = new Set((await listed(app, "containers")).values().map(({ imageId }) => imageId));
    const unused = (await listed(app, "images")).values().filter(({ id }) => !used.has(id));
    const dangling = unused.filter(({ tags }) => tags.length === 0);
    if (unused.length === 0) return await app.ui.inform(l10n.t("Every image is in use: nothing to remove."));
    const bytes = (list: readonly { size: number }[]): string =>
      sizeText(list.reduce((sum, { size }) => sum + size, 0));
    const all = await app.ui.pick(l10n.t("Remove Unused Images"), [
      { label: l10n.t("Without a name only"), description: `${dangling.length}, ${bytes(dangling)}`, value: false },
      { label: l10n.t("All that no container uses"), description: `${unused.length}, ${bytes(unused)}`, value: true },
    ]);
    if (all === undefined) return;
    const gone = all ? unused : dangling;
    const detail = l10n.t("Up to {0} come back; layers that other images share stay.", bytes(gone));
    if (!(await app.ui.confirm(l10n.t("Remove {0} images?", gone.length), detail, l10n.t("Remove")))) return;
    const { SpaceReclaimed } = await engine.images.prune({ all });
    void app.ui.inform(l10n.t("{0} free again.", sizeText(SpaceReclaimed)));
  },
};
