import { workspace } from "vscode";
import type { ContainerOrder, GroupBy } from "../model/containers-tree.ts";

/** The settings of the views, read when rows are built. */
export function viewSettings(): {
  readonly groupBy: GroupBy;
  readonly groupLabel: string;
  readonly order: ContainerOrder;
  readonly label: string;
  readonly description: string;
  readonly onlyWorkspace: boolean;
  readonly imageOrder: "name" | "size" | "created";
  readonly showDangling: boolean;
} {
  const settings = workspace.getConfiguration("slipway");
  return {
    groupBy: settings.get("containers.groupBy", "project"),
    groupLabel: settings.get("containers.groupByLabel", ""),
    order: settings.get("containers.sortBy", "name"),
    label: settings.get("containers.label", "{name}"),
    description: settings.get("containers.description", "{image}"),
    onlyWorkspace: settings.get("containers.thisWorkspaceOnly", false),
    imageOrder: settings.get("images.sortBy", "name"),
    showDangling: settings.get("images.showDangling", true),
  };
}

export function workspaceFolders(): readonly string[] {
  return (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
}
