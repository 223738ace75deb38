export interface RuncCommand {
  readonly path: string;
  /** Where it keeps its state. */
  readonly root: string;
  readonly systemdCgroup: boolean;
  readonly terminal: boolean;
  readonly id: string;
}

/**
 * One call that creates and starts. It runs in the task folder, which is the bundle: relative names keep the console's socket
 * within the 108 bytes of an address.
 */
export function runcCommand({ path, root, systemdCgroup, terminal, id }: RuncCommand): readonly string[] {
  return [
    path,
    ...["--root", root, "--log", "runc.log", "--log-format", "json"],
    ...(systemdCgroup ? ["--systemd-cgroup"] : []),
    ...["run", "--detach", "--pid-file", "pid"],
    ...(terminal ? ["--console-socket", "console.sock"] : []),
    id,
  ];
}

/** Of a container that is over. */
export function runcDelete(path: string, root: string, id: string): readonly string[] {
  return [path, "--root", root, "delete", "--force", id];
}
