import { l10n } from "vscode";
import { containerCommand } from "./lifecycle.ts";

export const command = containerCommand(
  "pause",
  () => l10n.t("Pause Container"),
  ({ state }) => state === "running",
  (container) => container.pause(),
);
