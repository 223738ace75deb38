import { l10n } from "vscode";
import type { App } from "../../app.ts";
import { sizeText } from "../../model/sizes.ts";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";
import { chosenImages, imageNames, listed, type ChosenImage } from "../targets.ts";

export const command: Command = {
  id: "slipway.images.remove",
  async run(app, args) {
    const chosen = await chosenImages(app, args, l10n.t("Remove Image"));
    if (chosen.length === 0) return;
    const engine = await app.session.engine();
    const question = l10n.t("Remove {0}?", imageNames(chosen));
    if (!(await app.ui.confirm(question, await consequences(app, chosen), l10n.t("Remove")))) return;
    await forEach(
      "slipway.images",
      chosen,
      ({ reference }) => reference,
      ({ reference }) => engine.images.remove(reference),
    );
  },
};

/** An image goes with its last name; until then only the name does. */
async function consequences(app: App, chosen: readonly ChosenImage[]): Promise<string> {
  const names = new Set(chosen.map(({ reference }) => reference));
  const images = [...new Set(chosen.map(({ image }) => image))];
  const whole = images.filter(({ tags }) => tags.every((tag) => names.has(tag)));
  const bytes = whole.reduce((sum, { size }) => sum + size, 0);
  const ids = new Set(whole.map(({ id }) => id));
  const users = (await listed(app, "containers")).values().filter(({ imageId }) => ids.has(imageId));
  return [
    whole.length === 0
      ? l10n.t("Only the name goes: the image has others.")
      : l10n.t("Up to {0} come back; layers that other images share stay.", sizeText(bytes)),
    ...(users.length > 0
      ? [l10n.t("In use by {0}: the engine will refuse.", users.map(({ name }) => name).join(", "))]
      : []),
  ].join("\n");
}
