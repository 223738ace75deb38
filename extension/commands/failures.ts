import { commands, l10n } from "vscode";
import type { App } from "../app.ts";
import { EngineUnavailable, PortInUse, RegistryAuth, SlipwayError } from "../../sdk/index.ts";

/** Shows an error with the engine's own words and the action that helps against it. What was cancelled is no error. */
export async function showFailure(app: App, error: unknown): Promise<void> {
  if (isAbort(error)) return;
  const message = error instanceof Error ? error.message : String(error);
  app.output.error(error instanceof Error ? (error.stack ?? message) : message);
  const help = helpFor(app, error);
  const labels = help.map(([label]) => label);
  const chosen = await app.ui.fail(message.split("\n").slice(0, 6).join("\n"), ...labels);
  await help.find(([label]) => label === chosen)?.[1]();
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "Canceled");
}

type Help = readonly (readonly [label: string, act: () => unknown])[];

function helpFor(app: App, error: unknown): Help {
  const run = (id: string) => () => commands.executeCommand(id);
  if (error instanceof EngineUnavailable || app.session.state.status === "unavailable")
    return [
      [l10n.t("Choose Engine"), run("slipway.engine.choose")],
      [l10n.t("Check This Machine"), run("slipway.engine.doctor")],
    ];
  if (error instanceof RegistryAuth) return [[l10n.t("Connect Registry"), run("slipway.registries.connect")]];
  if (error instanceof PortInUse) {
    const port = /:(\d{1,5})\b(?!.*:\d)/.exec(error.message)?.[1];
    if (port !== undefined) return [[l10n.t("Find Container"), () => findByPort(app, port)]];
  }
  if (error instanceof SlipwayError && error.kind === "NotFound")
    return [[l10n.t("Refresh"), run("slipway.views.refresh")]];
  return [[l10n.t("Show Log"), () => app.output.show()]];
}

async function findByPort(app: App, port: string): Promise<void> {
  app.views.setFilter("containers", `ports:${port}`);
  await commands.executeCommand("slipway.containers.focus");
}
