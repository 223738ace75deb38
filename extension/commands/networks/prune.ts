import { l10n } from "vscode";
import { isPredefined } from "../../model/network.ts";
import type { Command } from "../command.ts";
import { listed, namesOf } from "../targets.ts";

export const command: Command = {
  id: "slipway.networks.prune",
  async run(app) {
    const engine = await app.session.engine();
    const used = new Set((await listed(app, "containers")).values().flatMap(({ networks }) => networks));
    const unused = (await listed(app, "networks"))
      .values()
      .filter((each) => !isPredefined(each) && !used.has(each.name));
    if (unused.length === 0) return await app.ui.inform(l10n.t("Every network is in use: nothing to remove."));
    const question = l10n.t("Remove {0} networks that no container is on?", unused.length);
    if (!(await app.ui.confirm(question, namesOf(unused.map(({ name }) => name)), l10n.t("Remove")))) return;
    const { NetworksDeleted } = await engine.networks.prune();
    void app.ui.inform(l10n.t("{0} networks removed.", NetworksDeleted?.length ?? 0));
  },
};
