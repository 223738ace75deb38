import { l10n } from "vscode";
import { sizeText } from "../../model/sizes.ts";
import { volumeLabel } from "../../model/volume.ts";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";
import { chosenVolumes, namesOf } from "../targets.ts";
import { volumeSizes } from "./sizes.ts";

export const command: Command = {
  id: "slipway.volumes.remove",
  async run(app, args) {
    const chosen = await chosenVolumes(app, args, l10n.t("Remove Volume"));
    if (chosen.length === 0) return;
    const engine = await app.session.engine();
    const sizes = await volumeSizes(engine);
    const bytes = chosen.reduce((sum, { name }) => sum + (sizes.get(name) ?? 0), 0);
    const detail = l10n.t("Their files are gone for good: {0}.", sizeText(bytes));
    const question = l10n.t("Remove {0}?", namesOf(chosen.map(volumeLabel)));
    if (!(await app.ui.confirm(question, detail, l10n.t("Remove")))) return;
    await forEach("slipway.volumes", chosen, volumeLabel, ({ name }) => engine.volumes.remove(name));
  },
};
