import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { withTransfer } from "./transfer.ts";

export const command: Command = {
  id: "slipway.images.load",
  async run(app) {
    const source = await app.ui.openFile(l10n.t("Load Images"), {
      [l10n.t("Image archives")]: ["tar", "gz", "tgz", "zst", "xz"],
    });
    if (source === undefined) return;
    const engine = await app.session.engine();
    const images = await withTransfer(app, l10n.t("Loading {0}", basename(source.fsPath)), (signal) =>
      engine.images.load(createReadStream(source.fsPath), { signal }),
    );
    void app.ui.inform(l10n.t("Loaded: {0}", images.map(({ reference }) => reference).join(", ")));
  },
};
