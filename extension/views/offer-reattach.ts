import { commands, l10n } from "vscode";
import type { App } from "../app.ts";

/** Once, when the engine is first there: shells that a reload of the window closed can be opened again. @returns what ends it */
export function offerReattach(app: App): () => void {
  const count = app.shells.lost().length;
  if (count === 0) return () => undefined;
  const forget = app.session.onChange(({ status }) => {
    if (status !== "connected") return;
    forget();
    void offer();
  });
  const offer = async (): Promise<void> => {
    const action = l10n.t("Reattach");
    const question = l10n.t("{0} container shells were open when the window was closed.", count);
    if ((await app.ui.inform(question, action)) === action)
      await commands.executeCommand("slipway.containers.reattachShells");
    else await app.shells.forgetLost();
  };
  return forget;
}
