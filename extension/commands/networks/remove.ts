import { l10n } from "vscode";
import { isPredefined } from "../../model/network.ts";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";
import { chosenNetworks, listed, namesOf } from "../targets.ts";

export const command: Command = {
  id: "slipway.networks.remove",
  async run(app, args) {
    const chosen = await chosenNetworks(app, args, l10n.t("Remove Network"), (network) => !isPredefined(network));
    if (chosen.length === 0) return;
    const names = chosen.map(({ name }) => name);
    const on = (await listed(app, "containers"))
      .values()
      .filter(({ networks }) => networks.some((name) => names.includes(name)));
    const detail =
      on.length === 0
        ? l10n.t("No container is on it.")
        : l10n.t(
            "Containers on it: {0}. The engine refuses while one of them runs.",
            namesOf(on.map(({ name }) => name)),
          );
    if (!(await app.ui.confirm(l10n.t("Remove {0}?", namesOf(names)), detail, l10n.t("Remove")))) return;
    const engine = await app.session.engine();
    await forEach(
      "slipway.networks",
      chosen,
      ({ name }) => name,
      ({ id }) => engine.networks.remove(id),
    );
  },
};
