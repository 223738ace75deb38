import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Cgroup } from "./cgroup.ts";
import { CgroupV1 } from "./cgroup-v1.ts";
import { CgroupV2 } from "./cgroup-v2.ts";
import { detectCgroups, type CgroupLayout } from "./layout.ts";
import { cgroupFolder } from "./path.ts";

/**
 * Opens containers' cgroups on one host: detects the hierarchies once.
 *
 *   const openCgroup = createCgroupOpener();
 *   const cgroup = openCgroup(spec.linux.cgroupsPath, { systemd: false });
 *
 * Opening makes nothing and touches nothing. @throws EngineError InvalidParameter for what is no cgroupsPath.
 */
export function createCgroupOpener(
  layout: CgroupLayout = detectCgroups(),
): (cgroupsPath: string, options: { readonly systemd: boolean }) => Cgroup {
  return (cgroupsPath, { systemd }) => {
    const folder = cgroupFolder(cgroupsPath, systemd);
    if (layout.version === 2) return new CgroupV2(join(layout.mountpoint, folder));
    const folders = [...layout.hierarchies].map(([name, mountpoint]) => [name, join(mountpoint, folder)] as const);
    return new CgroupV1({ folders: new Map(folders) });
  };
}

/** systemd owns the hierarchy where it runs, and with version 2 nobody may write behind its back. */
export function defaultCgroupDriver(layout: CgroupLayout): "cgroupfs" | "systemd" {
  return layout.version === 2 && existsSync("/run/systemd/system") ? "systemd" : "cgroupfs";
}
