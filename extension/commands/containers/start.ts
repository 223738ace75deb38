import { l10n } from "vscode";
import { isUp } from "../../model/container.ts";
import { containerCommand } from "./lifecycle.ts";

export const command = containerCommand(
  "start",
  () => l10n.t("Start Container"),
  (container) => !isUp(container),
  (container) => container.start(),
);
