import type { CommandEntry, CommandSpec } from "./command.ts";

/** Entries of the commands that one file has, by the name of its export. Nothing is loaded before it runs. */
function from<M extends Readonly<Record<string, unknown>>>(
  load: () => Promise<M>,
  entries: readonly (readonly [member: keyof M & string, names: string, summary: string])[],
): readonly CommandEntry[] {
  return entries.map(([member, names, summary]) => ({
    names: names.split(", ") as [string, ...string[]],
    summary,
    load: async () => ({ command: (await load())[member] as CommandSpec }),
  }));
}

/** Every command: docker's names, first the one that messages show, and where its code is. */
export const COMMANDS: readonly CommandEntry[] = [
  ...from(
    () => import("./commands/run.ts"),
    [["command", "run, container run", "Create and run a new container from an image"]],
  ),
  ...from(() => import("./commands/create.ts"), [["command", "create, container create", "Create a new container"]]),
  ...from(
    () => import("./commands/start.ts"),
    [["command", "start, container start", "Start one or more stopped containers"]],
  ),
  ...from(
    () => import("./commands/exec.ts"),
    [["command", "exec, container exec", "Execute a command in a running container"]],
  ),
  ...from(
    () => import("./commands/attach.ts"),
    [
      [
        "command",
        "attach, container attach",
        "Attach local standard input, output, and error streams to a running container",
      ],
    ],
  ),
  ...from(() => import("./commands/logs.ts"), [["command", "logs, container logs", "Fetch the logs of a container"]]),
  ...from(
    () => import("./commands/lifecycle.ts"),
    [
      ["stop", "stop, container stop", "Stop one or more running containers"],
      ["restart", "restart, container restart", "Restart one or more containers"],
      ["kill", "kill, container kill", "Kill one or more running containers"],
      ["pause", "pause, container pause", "Pause all processes within one or more containers"],
      ["unpause", "unpause, container unpause", "Unpause all processes within one or more containers"],
      ["wait", "wait, container wait", "Block until one or more containers stop, then print their exit codes"],
      ["rename", "rename, container rename", "Rename a container"],
      ["rm", "rm, container rm, container remove", "Remove one or more containers"],
    ],
  ),
  ...from(() => import("./commands/version.ts"), [["command", "version", "Show the version information"]]),
  ...from(
    () => import("./commands/ps.ts"),
    [["command", "ps, container ls, container list, container ps", "List containers"]],
  ),
  ...from(() => import("./commands/images.ts"), [["command", "images, image ls, image list", "List images"]]),
  ...from(
    () => import("./commands/inspect.ts"),
    [
      ["command", "inspect", "Return low-level information on objects of the engine"],
      ["container", "container inspect", "Display detailed information on one or more containers"],
      ["image", "image inspect", "Display detailed information on one or more images"],
      ["network", "network inspect", "Display detailed information on one or more networks"],
      ["volume", "volume inspect", "Display detailed information on one or more volumes"],
    ],
  ),
  ...from(
    () => import("./commands/image-transfer.ts"),
    [
      ["pull", "pull, image pull", "Download an image from a registry"],
      ["push", "push, image push", "Upload an image to a registry"],
      ["load", "load, image load", "Load an image from a tar archive or STDIN"],
      ["save", "save, image save", "Save one or more images to a tar archive (streamed to STDOUT by default)"],
      ["importImage", "import, image import", "Import the contents from a tarball to create a filesystem image"],
    ],
  ),
  ...from(
    () => import("./commands/image-names.ts"),
    [
      ["tag", "tag, image tag", "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE"],
      ["rmi", "rmi, image rm, image remove", "Remove one or more images"],
      ["history", "history, image history", "Show the history of an image"],
    ],
  ),
  ...from(
    () => import("./commands/login.ts"),
    [
      ["login", "login", "Authenticate to a registry"],
      ["logout", "logout", "Log out from a registry"],
    ],
  ),
  ...from(
    () => import("./commands/top.ts"),
    [["command", "top, container top", "Display the running processes of a container"]],
  ),
  ...from(
    () => import("./commands/update.ts"),
    [["command", "update, container update", "Update configuration of one or more containers"]],
  ),
  ...from(() => import("./commands/info.ts"), [["command", "info, system info", "Display system-wide information"]]),
  ...from(
    () => import("./commands/events.ts"),
    [["command", "events, system events", "Get real time events from the server"]],
  ),
  ...from(
    () => import("./commands/stats.ts"),
    [["command", "stats, container stats", "Display a live stream of container(s) resource usage statistics"]],
  ),
  ...from(() => import("./commands/system-df.ts"), [["command", "system df", "Show disk usage"]]),
  ...from(
    () => import("./commands/volume.ts"),
    [
      ["ls", "volume ls, volume list", "List volumes"],
      ["create", "volume create", "Create a volume"],
      ["rm", "volume rm, volume remove", "Remove one or more volumes"],
    ],
  ),
  ...from(
    () => import("./commands/network.ts"),
    [
      ["ls", "network ls, network list", "List networks"],
      ["create", "network create", "Create a network"],
      ["rm", "network rm, network remove", "Remove one or more networks"],
      ["connect", "network connect", "Connect a container to a network"],
      ["disconnect", "network disconnect", "Disconnect a container from a network"],
    ],
  ),
  ...from(
    () => import("./commands/port.ts"),
    [["command", "port, container port", "List port mappings or a specific mapping for the container"]],
  ),
  ...from(
    () => import("./commands/prune.ts"),
    [
      ["container", "container prune", "Remove all stopped containers"],
      ["image", "image prune", "Remove unused images"],
      ["volume", "volume prune", "Remove unused local volumes"],
      ["network", "network prune", "Remove all unused networks"],
      ["system", "system prune", "Remove unused data"],
    ],
  ),
  ...from(() => import("./commands/daemon.ts"), [["command", "daemon", "Run the engine in this terminal"]]),
  ...from(
    () => import("./commands/doctor.ts"),
    [["command", "doctor", "Name what this machine lacks, and the command that brings it"]],
  ),
];
