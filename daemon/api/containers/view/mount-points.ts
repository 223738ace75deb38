import type { MountPoint } from "../../../../sdk/contract/index.ts";
import type { Container } from "../../../engine/model/container.ts";
import { modeOf } from "../spec/binds.ts";

/** `Mounts` of list and inspect. As on Docker, what `Tmpfs` asked for is not among them. */
export function mountPoints({ mounts, spec }: Container): MountPoint[] {
  const short = new Set(spec.host.mounts.flatMap((each) => (each.type === "tmpfs" && each.short ? [each.target] : [])));
  return mounts
    .filter((mount) => mount.type !== "tmpfs" || !short.has(mount.target))
    .map((mount) => ({
      Type: mount.type,
      ...(mount.name !== undefined && { Name: mount.name }),
      Source: mount.source,
      Destination: mount.target,
      ...(mount.driver !== undefined && { Driver: mount.driver }),
      // Docker relabels volumes that have a name, and says so where nothing else was asked for.
      Mode: modeOf(spec.host.binds, mount.target) || (mount.type === "volume" && !mount.anonymous ? "z" : ""),
      RW: mount.readWrite,
      Propagation: mount.propagation,
    }));
}
