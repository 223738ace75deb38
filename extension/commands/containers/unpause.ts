import { l10n } from "vscode";
import { containerCommand } from "./lifecycle.ts";

export const command = containerCommand(
  "unpause",
  () => l10n.t("Resume Container"),
  ({ state }) => state === "paused",
  (container) => container.unpause(),
);
