import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";
import { chosenContainers, chosenNetworks } from "../targets.ts";

export const command: Command = {
  id: "slipway.networks.disconnect",
  async run(app, args) {
    const [network] = await chosenNetworks(app, args, l10n.t("Disconnect Container from Network"));
    if (network === undefined) return;
    const attached = args.nodes.filter(({ subject }) => subject.type === "attachment");
    const title = l10n.t("Container to disconnect from {0}", network.name);
    const chosen = await chosenContainers(app, { node: attached[0], nodes: attached }, title, ({ networks }) =>
      networks.includes(network.name),
    );
    const engine = await app.session.engine();
    const target = engine.networks.withId(network.id);
    await forEach(
      "slipway.networks",
      chosen,
      ({ name }) => name,
      ({ id }) => target.disconnect(id),
    );
  },
};
