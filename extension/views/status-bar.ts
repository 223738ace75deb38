import { Disposable, l10n, StatusBarAlignment, ThemeColor, window } from "vscode";
import type { Session, SessionState } from "../session/session.ts";

/** Which engine the window works with; a click switches it. */
export function statusBar(session: Session): Disposable {
  const item = window.createStatusBarItem("slipway.engine", StatusBarAlignment.Left, 10);
  item.name = l10n.t("Container Engine");
  item.command = "slipway.engine.choose";
  const draw = (state: SessionState): void => {
    const [text, tooltip, warns] = face(state);
    item.text = text;
    item.tooltip = tooltip;
    item.backgroundColor = warns ? new ThemeColor("statusBarItem.warningBackground") : undefined;
    item.show();
  };
  const forget = session.onChange(draw);
  draw(session.state);
  return Disposable.from(item, new Disposable(forget));
}

function face(state: SessionState): readonly [text: string, tooltip: string, warns: boolean] {
  switch (state.status) {
    case "idle":
      return ["$(package) Slipway", l10n.t("No container engine is in use yet. Click to choose one."), false];
    case "connecting":
      return ["$(loading~spin) Slipway", l10n.t("Reaching the container engine…"), false];
    case "connected":
      return [
        `$(package) ${state.name}`,
        l10n.t("Container engine at {0}. Click to switch.", state.engine.host),
        false,
      ];
    case "away":
      return [
        `$(debug-disconnect) ${l10n.t("Engine away")}`,
        l10n.t("The engine at {0} went away: {1}. It is taken up again when it is back.", state.host, state.reason),
        true,
      ];
    case "unavailable":
      return [`$(warning) ${l10n.t("No container engine")}`, state.error.message, true];
  }
}
