import { ConfigurationTarget, l10n, workspace } from "vscode";
import type { GroupBy } from "../../model/containers-tree.ts";
import type { Command } from "../command.ts";

export const command: Command = {
  id: "slipway.containers.groupBy",
  async run(app) {
    const settings = workspace.getConfiguration("slipway.containers");
    const current = settings.get<GroupBy>("groupBy");
    const names: readonly (readonly [GroupBy, string])[] = [
      ["project", l10n.t("Compose project")],
      ["image", l10n.t("Image")],
      ["network", l10n.t("Network")],
      ["state", l10n.t("State")],
      ["label", l10n.t("A label…")],
      ["none", l10n.t("Nothing")],
    ];
    const choices = names.map(([value, name]) => ({ label: value === current ? `$(check) ${name}` : name, value }));
    const picked = await app.ui.pick(l10n.t("Group Containers By"), choices);
    if (picked === undefined) return;
    if (picked === "label") {
      const label = await app.ui.ask({ title: l10n.t("Label to Group By"), value: settings.get("groupByLabel", "") });
      if (label === undefined || label === "") return;
      await settings.update("groupByLabel", label, ConfigurationTarget.Global);
    }
    await settings.update("groupBy", picked, ConfigurationTarget.Global);
  },
};
