import { l10n } from "vscode";
import { sizeText } from "../../model/sizes.ts";
import { isAnonymous, volumeLabel } from "../../model/volume.ts";
import type { Command } from "../command.ts";
import { listed, namesOf } from "../targets.ts";
import { volumeSizes } from "./sizes.ts";

export const command: Command = {
  id: "slipway.volumes.prune",
  async run(app) {
    const engine = await app.session.engine();
    const mounts = (await listed(app, "containers")).values().flatMap((container) => container.mounts);
    const used = new Set(mounts.filter(({ type }) => type === "volume").map(({ source }) => source));
    const unused = (await listed(app, "volumes")).values().filter(({ name }) => !used.has(name));
    const anonymous = unused.filter(isAnonymous);
    if (unused.length === 0) return await app.ui.inform(l10n.t("Every volume is in use: nothing to remove."));
    const sizes = await volumeSizes(engine);
    const bytes = (list: readonly { name: string }[]): string =>
      sizeText(list.reduce((sum, { name }) => sum + (sizes.get(name) ?? 0), 0));
    const all = await app.ui.pick(l10n.t("Remove Unused Volumes"), [
      { label: l10n.t("Anonymous ones only"), description: `${anonymous.length}, ${bytes(anonymous)}`, value: false },
      { label: l10n.t("Those with a name too"), description: `${unused.length}, ${bytes(unused)}`, value: true },
    ]);
    if (all === undefined) return;
    const gone = all ? unused : anonymous;
    const detail = l10n.t("{0}\n\nTheir files are gone for good: {1}.", namesOf(gone.map(volumeLabel)), bytes(gone));
    if (!(await app.ui.confirm(l10n.t("Remove {0} volumes?", gone.length), detail, l10n.t("Remove")))) return;
    const { SpaceReclaimed } = await engine.volumes.prune({ all });
    void app.ui.inform(l10n.t("{0} free again.", sizeText(SpaceReclaimed)));
  },
};
