import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { l10n } from "vscode";
import { sizeText } from "../../model/sizes.ts";
import type { Command } from "../command.ts";
import { chosenImages, imageNames } from "../targets.ts";

export const command: Command = {
  id: "slipway.images.save",
  async run(app, args) {
    const chosen = await chosenImages(app, args, l10n.t("Save Image"));
    if (chosen.length === 0) return;
    const file = `${imageNames(chosen.slice(0, 1)).replace(/[^\w.-]+/g, "_")}.tar`;
    const target = await app.ui.saveFile(file, { [l10n.t("Image archives")]: ["tar"] });
    if (target === undefined) return;
    const engine = await app.session.engine();
    const references = chosen.map(({ reference }) => reference);
    await app.ui.progress(l10n.t("Saving {0}", imageNames(chosen)), async (report, signal) => {
      let bytes = 0;
      let said = "";
      const counter = new Transform({
        transform(chunk: Uint8Array, _encoding, done) {
          bytes += chunk.length;
          const text = sizeText(bytes);
          if (text !== said) report((said = text));
          done(null, chunk);
        },
      });
      try {
        await pipeline(await engine.images.save(references, { signal }), counter, createWriteStream(target.fsPath), {
          signal,
        });
      } catch (error) {
        // Half an archive is none.
        await rm(target.fsPath, { force: true });
        throw error;
      }
    });
  },
};
