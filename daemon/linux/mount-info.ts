import { readFileSync, realpathSync } from "node:fs";

/** A line of /proc/self/mountinfo: proc_pid_mountinfo(5). */
export interface MountInfo {
  readonly id: number;
  readonly mountPoint: string;
  readonly shared: boolean;
  /** Receives from a peer group without giving back. */
  readonly slave: boolean;
}

export function readMountInfo(): readonly MountInfo[] {
  return parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"));
}

export function parseMountInfo(text: string): readonly MountInfo[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [id, , , , mountPoint = "", , ...rest] = line.split(" ");
      const tags = rest.slice(0, rest.indexOf("-"));
      return {
        id: Number(id),
        mountPoint: mountPoint.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
        shared: tags.some((tag) => tag.startsWith("shared:")),
        slave: tags.some((tag) => tag.startsWith("master:")),
      };
    });
}

/** The mount that a path is on: the last one of the longest mount point above it. @param mounts in the kernel's order. */
export function mountOf(path: string, mounts = readMountInfo()): MountInfo | undefined {
  const real = realpathSync(path);
  const above = (point: string): boolean => point === "/" || real === point || real.startsWith(`${point}/`);
  return mounts
    .filter(({ mountPoint }) => above(mountPoint))
    .reduce<MountInfo | undefined>(
      (best, each) => (best === undefined || each.mountPoint.length >= best.mountPoint.length ? each : best),
      undefined,
    );
}
