import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { withTransfer } from "../images/transfer.ts";

export const command: Command = {
  id: "slipway.registries.pull",
  async run(app, { nodes }) {
    const engine = await app.session.engine();
    for (const { subject } of nodes) {
      if (subject.type !== "tag") continue;
      const reference = `${subject.address}/${subject.repository}:${subject.tag}`;
      const credentials = await app.registries.credentialsFor(reference);
      await withTransfer(app, l10n.t("Pulling {0}", reference), (signal) =>
        engine.images.pull(reference, { credentials, signal }),
      );
    }
  },
};
