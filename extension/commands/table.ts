import { l10n } from "vscode";
import type { Command } from "./command.ts";
import { command as configurationsCreate } from "./configurations/create.ts";
import { command as configurationsDelete } from "./configurations/delete.ts";
import { command as configurationsEdit } from "./configurations/edit.ts";
import { command as configurationsEditFile } from "./configurations/edit-file.ts";
import { command as configurationsLogs } from "./configurations/logs.ts";
import { command as configurationsOpen } from "./configurations/open.ts";
import { command as configurationsRestart } from "./configurations/restart.ts";
import { command as configurationsStart } from "./configurations/start.ts";
import { command as configurationsStop } from "./configurations/stop.ts";
import { command as containersAttachMain } from "./containers/attach-main.ts";
import { command as containersAttachShell } from "./containers/attach-shell.ts";
import { command as containersAttachShellAs } from "./containers/attach-shell-as.ts";
import { command as containersCopyCommandLine } from "./containers/copy-command-line.ts";
import { command as containersCopyId } from "./containers/copy-id.ts";
import { command as containersInspect } from "./containers/inspect.ts";
import { command as containersKill } from "./containers/kill.ts";
import { command as containersLogs } from "./containers/logs.ts";
import { command as containersOpenInBrowser } from "./containers/open-in-browser.ts";
import { command as containersPause } from "./containers/pause.ts";
import { command as containersPrune } from "./containers/prune.ts";
import { command as containersReattachShells } from "./containers/reattach-shells.ts";
import { command as containersRemove } from "./containers/remove.ts";
import { command as containersRename } from "./containers/rename.ts";
import { command as containersRestart } from "./containers/restart.ts";
import { command as containersSaveAsConfiguration } from "./containers/save-as-configuration.ts";
import { command as containersStart } from "./containers/start.ts";
import { command as containersStop } from "./containers/stop.ts";
import { command as containersUnpause } from "./containers/unpause.ts";
import { command as engineChoose } from "./engine/choose.ts";
import { command as engineDoctor } from "./engine/doctor.ts";
import { command as engineInspect } from "./engine/inspect.ts";
import { command as engineReconnect } from "./engine/reconnect.ts";
import { command as engineStartBundled } from "./engine/start-bundled.ts";
import { command as imagesCopyName } from "./images/copy-name.ts";
import { command as imagesHistory } from "./images/history.ts";
import { command as imagesInspect } from "./images/inspect.ts";
import { command as imagesLoad } from "./images/load.ts";
import { command as imagesPrune } from "./images/prune.ts";
import { command as imagesPull } from "./images/pull.ts";
import { command as imagesPush } from "./images/push.ts";
import { command as imagesRemove } from "./images/remove.ts";
import { command as imagesRun } from "./images/run.ts";
import { command as imagesRunInteractive } from "./images/run-interactive.ts";
import { command as imagesSave } from "./images/save.ts";
import { command as imagesTag } from "./images/tag.ts";
import { command as networksConnect } from "./networks/connect.ts";
import { command as networksCreate } from "./networks/create.ts";
import { command as networksDisconnect } from "./networks/disconnect.ts";
import { command as networksInspect } from "./networks/inspect.ts";
import { command as networksPrune } from "./networks/prune.ts";
import { command as networksRemove } from "./networks/remove.ts";
import { command as registriesConnect } from "./registries/connect.ts";
import { command as registriesCopyDigest } from "./registries/copy-digest.ts";
import { command as registriesCopyReference } from "./registries/copy-reference.ts";
import { command as registriesDisconnect } from "./registries/disconnect.ts";
import { command as registriesPull } from "./registries/pull.ts";
import { command as registriesRefresh } from "./registries/refresh.ts";
import { command as viewsGroupBy } from "./views/group-by.ts";
import { command as viewsRefresh } from "./views/refresh.ts";
import { command as volumesCreate } from "./volumes/create.ts";
import { command as volumesInspect } from "./volumes/inspect.ts";
import { command as volumesPrune } from "./volumes/prune.ts";
import { command as volumesRemove } from "./volumes/remove.ts";
import { clearFilterCommand, filterCommand } from "./views/filter.ts";
import { sortCommand } from "./views/sort.ts";
import { thisWorkspaceCommand } from "./views/this-workspace.ts";

/** Every command of package.json, and nothing else; a test compares the two. */
export const COMMANDS: readonly Command[] = [
  engineChoose,
  engineStartBundled,
  engineReconnect,
  engineInspect,
  engineDoctor,
  containersStart,
  containersStop,
  containersRestart,
  containersPause,
  containersUnpause,
  containersKill,
  containersRename,
  containersRemove,
  containersPrune,
  containersInspect,
  containersLogs,
  containersAttachShell,
  containersAttachShellAs,
  containersReattachShells,
  containersAttachMain,
  containersOpenInBrowser,
  containersCopyId,
  containersCopyCommandLine,
  containersSaveAsConfiguration,
  imagesPull,
  imagesRun,
  imagesRunInteractive,
  imagesTag,
  imagesPush,
  imagesSave,
  imagesLoad,
  imagesInspect,
  imagesHistory,
  imagesCopyName,
  imagesRemove,
  imagesPrune,
  networksCreate,
  networksInspect,
  networksConnect,
  networksDisconnect,
  networksRemove,
  networksPrune,
  volumesCreate,
  volumesInspect,
  volumesRemove,
  volumesPrune,
  registriesConnect,
  registriesDisconnect,
  registriesRefresh,
  registriesPull,
  registriesCopyDigest,
  registriesCopyReference,
  configurationsStart,
  configurationsStop,
  configurationsRestart,
  configurationsOpen,
  configurationsLogs,
  configurationsCreate,
  configurationsEdit,
  configurationsEditFile,
  configurationsDelete,
  viewsRefresh,
  viewsGroupBy,
  filterCommand("containers", "state:running"),
  clearFilterCommand("containers"),
  filterCommand("images", "used:unused"),
  clearFilterCommand("images"),
  filterCommand("networks", "driver:bridge"),
  clearFilterCommand("networks"),
  filterCommand("volumes", "used:unused"),
  clearFilterCommand("volumes"),
  sortCommand("containers", () => [
    ["name", l10n.t("Name")],
    ["created", l10n.t("Newest first")],
    ["state", l10n.t("Running first")],
  ]),
  sortCommand("images", () => [
    ["name", l10n.t("Name")],
    ["size", l10n.t("Largest first")],
    ["created", l10n.t("Newest first")],
  ]),
  thisWorkspaceCommand("showThisWorkspace"),
  thisWorkspaceCommand("showAll"),
];
