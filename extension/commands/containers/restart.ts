import { l10n } from "vscode";
import { containerCommand } from "./lifecycle.ts";

export const command = containerCommand(
  "restart",
  () => l10n.t("Restart Container"),
  ({ state }) => state !== "paused" && state !== "removing",
  (container) => container.restart(),
);
