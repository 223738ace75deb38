import { l10n } from "vscode";
import { isUp } from "../../model/container.ts";
import { containerCommand } from "./lifecycle.ts";

export const command = containerCommand(
  "stop",
  () => l10n.t("Stop Container"),
  isUp,
  (container) => container.stop(),
);
