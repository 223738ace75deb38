import { userInfo } from "node:os";
import { window, workspace, type ExtensionContext } from "vscode";
import type { App } from "./app.ts";
import { showFailure } from "./commands/failures.ts";
import { registerCommands } from "./commands/register.ts";
import { InspectDocuments } from "./documents/inspect-documents.ts";
import { EngineMirror } from "./model/engine-mirror.ts";
import { parseChoice, type BundledEngine } from "./session/engine-choice.ts";
import { Registries } from "./session/registries.ts";
import { RunConfigurations } from "./session/run-configurations.ts";
import { startConfiguration } from "./session/run-start.ts";
import { Session } from "./session/session.ts";
import { registerTasks } from "./tasks/providers.ts";
import { registerTerminalProfile } from "./terminals/profile.ts";
import { Shells } from "./terminals/shells.ts";
import { editorUi } from "./ui.ts";
import { offerReattach } from "./views/offer-reattach.ts";
import { statusBar } from "./views/status-bar.ts";
import { Views } from "./views/views.ts";
import { ConfigurationForm } from "./webviews/configuration-form.ts";
import { LogPanels } from "./webviews/log-panels.ts";

/** Puts the parts together. No engine is asked for anything before a view opens or a command runs. */
export function activate(context: ExtensionContext): App {
  performance.mark("slipway/activate");
  const output = window.createOutputChannel("Slipway", { log: true });
  const onError = (error: unknown): void => void showFailure(app, error);
  const mirror = new EngineMirror({
    onError: (error) => output.error(String((error as Error).stack ?? error)),
    onEvent: (event) => {
      documents.take(event);
      logs.take(event);
    },
  });
  const session = new Session({
    mirror,
    bundled: () => bundledEngine((text) => output.debug(text)),
    choice,
    log: (text) => output.info(text),
  });
  const documents = new InspectDocuments(session);
  const logs = new LogPanels({ session, root: context.extensionUri, ui: () => app.ui, onError });
  const registries = new Registries({ state: context.globalState, secrets: context.secrets });
  const configurations = new RunConfigurations(
    (folder, name, configuration) => void openForm(folder, name, configuration),
  );
  const openForm = (
    folder: string,
    name: string | undefined,
    configuration: ConfigurationFormValue,
  ): ConfigurationForm =>
    new ConfigurationForm({
      root: context.extensionUri,
      mirror,
      name,
      configuration: configuration ?? {},
      save: async (made) => await configurations.save(folder, name, made),
      start: async (made) => {
        const found = (await configurations.list()).find((each) => each.folder === folder);
        const saved = found?.configurations.find((each) => each.name === made);
        if (saved !== undefined) await startConfiguration(app, { folder, configuration: saved });
      },
      onError,
    });
  const views = new Views({ session, mirror, registries, configurations });
  const shells = new Shells({ session, state: context.workspaceState });
  const app: App = {
    context,
    output,
    session,
    mirror,
    views,
    shells,
    logs,
    documents,
    configurations,
    registries,
    ui: editorUi(),
  };
  context.subscriptions.push(
    output,
    ...registerCommands(app),
    ...registerTasks(app),
    registerTerminalProfile(app),
    statusBar(session),
    views,
    documents,
    logs,
    configurations,
    workspace.onDidChangeConfiguration((event) => {
      // Only a window that has an engine switches it: a setting is no use of one.
      if (event.affectsConfiguration("slipway.engine") && session.state.status !== "idle") void session.switch();
    }),
    { dispose: session.onChange(({ status }) => status === "connected" && documents.refresh()) },
    { dispose: offerReattach(app) },
    { dispose: () => void session[Symbol.asyncDispose]() },
  );
  performance.mark("slipway/active");
  return app;
}

type ConfigurationFormValue = Parameters<ConstructorParameters<typeof RunConfigurations>[0]>[2];

function choice(): ReturnType<typeof parseChoice> {
  return parseChoice(workspace.getConfiguration("slipway").get("engine", "auto"));
}

/** It makes namespaces and mounts: as root, on Linux. */
function bundledEngine(onLog: (text: string) => void): BundledEngine {
  const settings = workspace.getConfiguration("slipway.bundledEngine");
  return {
    dataRoot: settings.get("dataRoot", "/var/lib/slipway-vscode"),
    socket: settings.get("socket", "/run/slipway-vscode/slipway.sock"),
    possible: process.platform === "linux" && userInfo().uid === 0,
    onLog,
  };
}
