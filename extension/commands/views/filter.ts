import { l10n } from "vscode";
import type { ViewName } from "../../views/views.ts";
import type { Command } from "../command.ts";

/** Filters one view by words; nothing typed shows all. */
export function filterCommand(view: ViewName, example: string): Command {
  return {
    id: `slipway.${view}.filter`,
    async run(app) {
      const text = await app.ui.ask({
        title: l10n.t("Filter"),
        prompt: l10n.t("Words that must be found; empty shows all. One property: {0}", example),
        value: app.views.filter(view),
      });
      if (text !== undefined) app.views.setFilter(view, text.trim());
    },
  };
}

export function clearFilterCommand(view: ViewName): Command {
  return {
    id: `slipway.${view}.clearFilter`,
    run: async (app) => app.views.setFilter(view, ""),
  };
}
