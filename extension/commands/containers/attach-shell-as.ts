import { l10n } from "vscode";
import { SHELLS } from "../../model/shells.ts";
import type { Command } from "../command.ts";
import { chosenContainers } from "../targets.ts";

/** Asks for shell, user and working directory; the answers are kept for the image. */
export const command: Command = {
  id: "slipway.containers.attachShellAs",
  async run(app, args) {
    const suits = ({ state }: { readonly state: string }): boolean => state === "running";
    const [container] = await chosenContainers(app, args, l10n.t("Attach Shell to Container"), suits);
    if (container === undefined) return;
    const before = app.shells.remembered(container);
    const auto = { label: l10n.t("The best that the image has"), description: SHELLS.join(", "), value: "" };
    const named = SHELLS.map((value) => ({ label: value, value }));
    const other = { label: l10n.t("Another program…"), value: "?" };
    const picked = await app.ui.pick<string>(l10n.t("Shell"), [auto, ...named, other]);
    if (picked === undefined) return;
    const shell = picked === "?" ? await app.ui.ask({ title: l10n.t("Program to run"), value: before.shell }) : picked;
    if (shell === undefined) return;
    const user = await app.ui.ask({
      title: l10n.t("User"),
      prompt: l10n.t("Empty for the container's own"),
      value: before.user ?? "",
    });
    if (user === undefined) return;
    const workingDir = await app.ui.ask({
      title: l10n.t("Working directory"),
      prompt: l10n.t("Empty for the container's own"),
      value: before.workingDir ?? "",
      check: (text) => (text === "" || text.startsWith("/") ? undefined : l10n.t("An absolute path")),
    });
    if (workingDir === undefined) return;
    const choice = { shell: shell || undefined, user: user || undefined, workingDir: workingDir || undefined };
    await app.shells.remember(container, choice);
    app.shells.open(container, choice).show();
  },
};
