import { l10n } from "vscode";
import type { Command } from "../command.ts";

const CIDR = /^[0-9a-fA-F.:]+\/\d{1,3}$/;

export const command: Command = {
  id: "slipway.networks.create",
  async run(app) {
    const name = await app.ui.ask({ title: l10n.t("Name of the New Network"), placeholder: "backend" });
    if (name === undefined || name.trim() === "") return;
    const subnet = await app.ui.ask({
      title: l10n.t("Subnet"),
      prompt: l10n.t("Empty for one that the engine picks"),
      placeholder: "172.30.0.0/16",
      check: (text) => (text === "" || CIDR.test(text) ? undefined : l10n.t("In CIDR notation, like 172.30.0.0/16")),
    });
    if (subnet === undefined) return;
    const engine = await app.session.engine();
    await engine.networks.create({ name: name.trim(), ...(subnet === "" ? {} : { subnets: [{ subnet }] }) });
  },
};
