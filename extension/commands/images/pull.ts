import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { withTransfer } from "./transfer.ts";

export const command: Command = {
  id: "slipway.images.pull",
  async run(app, { node }) {
    const given = node?.subject.type === "image" ? node.subject.tag : undefined;
    const reference =
      given ?? (await app.ui.ask({ title: l10n.t("Pull Image"), placeholder: "docker.io/library/busybox:latest" }));
    if (reference === undefined || reference.trim() === "") return;
    const engine = await app.session.engine();
    const name = reference.trim();
    const credentials = await app.registries.credentialsFor(name);
    await withTransfer(app, l10n.t("Pulling {0}", name), (signal) => engine.images.pull(name, { credentials, signal }));
    void app.ui.inform(l10n.t("{0} is here.", name));
  },
};
