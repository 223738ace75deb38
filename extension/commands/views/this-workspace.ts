import { ConfigurationTarget, workspace } from "vscode";
import type { Command } from "../command.ts";

/** Shows the containers of this workspace only, or all again. */
export function thisWorkspaceCommand(name: "showThisWorkspace" | "showAll"): Command {
  return {
    id: `slipway.containers.${name}`,
    run: async () =>
      await workspace
        .getConfiguration("slipway.containers")
        .update("thisWorkspaceOnly", name === "showThisWorkspace", ConfigurationTarget.Workspace),
  };
}
