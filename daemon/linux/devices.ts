import { lstatSync, readdirSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";
import { EngineError, errnoOf } from "../base/errors.ts";

/** A node of the host, as a container is to have it; the shape of oci/spec's DeviceInput. */
export interface DeviceNode {
  /** In the container. */
  readonly path: string;
  readonly type: "c" | "b" | "p";
  readonly major: number;
  readonly minor: number;
  /** Permission bits. */
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
  /** Any of `rwm`. */
  readonly permissions: string;
}

/**
 * `--device`: the node at `hostPath`, links followed; or every node below it when it is a folder.
 * @throws EngineError InvalidParameter with Docker's words when it is no device.
 */
export function resolveDevices(hostPath: string, containerPath: string, permissions: string): readonly DeviceNode[] {
  const refuse = (cause?: unknown): EngineError =>
    new EngineError(
      "InvalidParameter",
      `error gathering device information while adding custom device ${JSON.stringify(hostPath)}: ${
        cause === undefined ? "not a device node" : "no such file or directory"
      }`,
      { cause },
    );
  if (!/^[rwm]+$/.test(permissions)) throw new EngineError("InvalidParameter", `invalid device mode: ${permissions}`);
  let stats: Stats;
  try {
    stats = statSync(hostPath);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") throw refuse(error);
    throw error;
  }
  const found = stats.isDirectory()
    ? nodesBelow(hostPath).map((path) =>
        nodeAt(lstatSync(path), containerPath + path.slice(hostPath.length), permissions),
      )
    : [nodeAt(stats, containerPath, permissions)];
  const nodes = found.filter((node) => node !== undefined);
  if (nodes.length === 0) throw refuse();
  return nodes;
}

/** What every container has of its own, or what would be another's: never taken over from the host's /dev. */
const OWN: ReadonlySet<string> = new Set([
  "pts",
  "shm",
  "fd",
  "mqueue",
  ".lxc",
  ".lxd-mounts",
  ".udev",
  "console",
  "ptmx",
]);

/** Every device of the host, for --privileged. */
export function hostDevices(): readonly DeviceNode[] {
  return nodesBelow("/dev", OWN).flatMap((path) => {
    try {
      return nodeAt(lstatSync(path), path, "rwm") ?? [];
    } catch (error) {
      // Unplugged meanwhile.
      if (errnoOf(error) === "ENOENT") return [];
      throw error;
    }
  });
}

/** Device nodes below a folder; links and other files are no part of it. */
function nodesBelow(folder: string, without: ReadonlySet<string> = new Set()): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !without.has(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return nodesBelow(path, without);
      return entry.isCharacterDevice() || entry.isBlockDevice() ? [path] : [];
    });
}

function nodeAt(stats: Stats, path: string, permissions: string): DeviceNode | undefined {
  const type = stats.isCharacterDevice() ? "c" : stats.isBlockDevice() ? "b" : undefined;
  if (type === undefined) return undefined;
  const { major, minor } = deviceNumber(stats.rdev);
  return { path, type, major, minor, fileMode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, permissions };
}

/** makedev(3), glibc's layout: MMMM Mmmm mmmM MMmm of the 64 bits. */
export function deviceNumber(rdev: number): { readonly major: number; readonly minor: number } {
  const bits = BigInt(rdev);
  return {
    major: Number(((bits >> 8n) & 0xfffn) | ((bits >> 32n) & 0xfffff000n)),
    minor: Number((bits & 0xffn) | ((bits >> 12n) & 0xffffff00n)),
  };
}
