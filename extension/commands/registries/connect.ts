import { l10n } from "vscode";
import { canonicalRegistry } from "../../session/registry-client.ts";
import type { Command } from "../command.ts";

const ADDRESS = /^[\w.-]+(:\d+)?$|^\[[0-9a-f:]+\](:\d+)?$/i;

/** Asks for an address and credentials, tries them, and keeps them in the editor's secret storage. */
export const command: Command = {
  id: "slipway.registries.connect",
  async run(app) {
    const entered = await app.ui.ask({
      title: l10n.t("Connect Registry"),
      prompt: l10n.t("Host and port"),
      placeholder: "registry.example.com:5000",
      check: (text) =>
        ADDRESS.test(text.trim()) ? undefined : l10n.t("A host, and a port behind a colon where it has one"),
    });
    if (entered === undefined) return;
    const address = canonicalRegistry(entered.trim());
    const username = await app.ui.ask({ title: l10n.t("User of {0}", address), prompt: l10n.t("Empty for none") });
    if (username === undefined) return;
    const password =
      username === "" ? "" : await app.ui.ask({ title: l10n.t("Password or token of {0}", username), secret: true });
    if (password === undefined) return;
    await app.registries.connect(address, username === "" ? undefined : { username, password });
    app.views.registries.changed();
  },
};
