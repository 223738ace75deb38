import { CancellationError, l10n, TerminalProfile, window, type Disposable } from "vscode";
import type { App } from "../app.ts";
import { showFailure } from "../commands/failures.ts";
import { chosenContainers } from "../commands/targets.ts";

/** "Container Shell" in the list of terminal profiles. */
export function registerTerminalProfile(app: App): Disposable {
  return window.registerTerminalProfileProvider("slipway.shell", {
    async provideTerminalProfile() {
      const title = l10n.t("Attach Shell to Container");
      const none = { node: undefined, nodes: [] };
      try {
        const [container] = await chosenContainers(app, none, title, ({ state }) => state === "running");
        if (container !== undefined)
          return new TerminalProfile(app.shells.options(container, app.shells.remembered(container)));
      } catch (error) {
        await showFailure(app, error);
      }
      throw new CancellationError();
    },
  });
}
