import { ConfigurationTarget, l10n, workspace } from "vscode";
import type { Command } from "../command.ts";

/** Chooses the order of a view; it is a setting, so it stays. */
export function sortCommand(
  view: "containers" | "images",
  orders: () => readonly (readonly [value: string, name: string])[],
): Command {
  return {
    id: `slipway.${view}.sortBy`,
    async run(app) {
      const settings = workspace.getConfiguration(`slipway.${view}`);
      const current = settings.get<string>("sortBy");
      const choices = orders().map(([value, name]) => ({
        label: value === current ? `$(check) ${name}` : name,
        value,
      }));
      const picked = await app.ui.pick(l10n.t("Sort By"), choices);
      if (picked !== undefined) await settings.update("sortBy", picked, ConfigurationTarget.Global);
    },
  };
}
