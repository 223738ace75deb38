import { ConfigurationTarget, l10n, workspace } from "vscode";
import { knownEngines } from "../../session/known-engines.ts";
import type { Command } from "../command.ts";

/** Switches the window's engine, at once. */
export const command: Command = {
  id: "slipway.engine.choose",
  async run(app) {
    const current = workspace.getConfiguration("slipway").get("engine", "auto");
    const engines = (await knownEngines(process.env)).map(({ value, label, description }) => ({
      label: value === current ? `$(check) ${label}` : label,
      description,
      value,
    }));
    const other = { label: l10n.t("Another address…"), description: "unix://, tcp://, ssh://", value: "?" };
    const picked = await app.ui.pick(l10n.t("Container Engine of This Window"), [...engines, other]);
    const value =
      picked === "?"
        ? await app.ui.ask({ title: l10n.t("Address of the Engine"), placeholder: "unix:///run/slipway/slipway.sock" })
        : picked;
    if (value === undefined || value.trim() === "") return;
    const target =
      workspace.workspaceFolders === undefined ? ConfigurationTarget.Global : ConfigurationTarget.Workspace;
    // The change of the setting switches; the same value again is a wish to try again.
    if (value.trim() === current) await app.session.restart();
    else await workspace.getConfiguration("slipway").update("engine", value.trim(), target);
  },
};
