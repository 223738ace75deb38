import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";
import { chosenContainers, chosenNetworks } from "../targets.ts";

export const command: Command = {
  id: "slipway.networks.connect",
  async run(app, args) {
    const open = ({ name }: { readonly name: string }): boolean => name !== "host" && name !== "none";
    const [network] = await chosenNetworks(app, args, l10n.t("Connect Container to Network"), open);
    if (network === undefined) return;
    const title = l10n.t("Container to connect to {0}", network.name);
    const absent = ({ networks }: { readonly networks: readonly string[] }): boolean =>
      !networks.includes(network.name);
    const chosen = await chosenContainers(app, { node: undefined, nodes: [] }, title, absent);
    const engine = await app.session.engine();
    const target = engine.networks.withId(network.id);
    await forEach(
      "slipway.networks",
      chosen,
      ({ name }) => name,
      ({ id }) => target.connect(id),
    );
  },
};
