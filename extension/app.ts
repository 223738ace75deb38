import type { ExtensionContext, LogOutputChannel } from "vscode";
import type { InspectDocuments } from "./documents/inspect-documents.ts";
import type { EngineMirror } from "./model/engine-mirror.ts";
import type { Registries } from "./session/registries.ts";
import type { RunConfigurations } from "./session/run-configurations.ts";
import type { Session } from "./session/session.ts";
import type { Shells } from "./terminals/shells.ts";
import type { Ui } from "./ui.ts";
import type { Views } from "./views/views.ts";
import type { LogPanels } from "./webviews/log-panels.ts";

/** What commands work with. */
export interface App {
  readonly context: ExtensionContext;
  readonly output: LogOutputChannel;
  readonly session: Session;
  readonly mirror: EngineMirror;
  readonly views: Views;
  readonly shells: Shells;
  readonly logs: LogPanels;
  readonly documents: InspectDocuments;
  readonly configurations: RunConfigurations;
  readonly registries: Registries;
  /** Replaced by tests. */
  ui: Ui;
}
