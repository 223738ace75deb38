import type { HostConfig } from "../../../../sdk/contract/index.ts";
import type { MountSpec } from "../../../engine/model/container.ts";
import { parseBind } from "./binds.ts";
import { invalid } from "./invalid.ts";
import { mountTarget } from "./mount-target.ts";
import { parseMount } from "./mounts.ts";
import { parseTmpfs } from "./tmpfs.ts";

/** Binds, Mounts and Tmpfs, in that order; each target once. @throws EngineError InvalidParameter in Docker's words. */
export function parseMounts(host: HostConfig): readonly MountSpec[] {
  const driver = host.VolumeDriver || "local";
  const mounts = [
    ...(host.Binds ?? []).map((bind) => parseBind(bind, driver)),
    ...(host.Mounts ?? []).map(parseMount),
    ...Object.entries(host.Tmpfs ?? {}).map(([path, options]) => parseTmpfs(path, options)),
  ];
  const targets = new Set<string>();
  for (const { target } of mounts) {
    if (targets.has(target)) throw invalid(`Duplicate mount point: ${target}`);
    targets.add(target);
  }
  return mounts;
}

/** `Config.Volumes`: paths of anonymous volumes. */
export function parseVolumePaths(volumes: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(volumes).map(mountTarget);
}
