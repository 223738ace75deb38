import { EngineError } from "../../base/errors.ts";
import type { CgroupInput } from "./input.ts";

/** Beside the slices of the machine, as Docker's /docker: limits and the life of a login session do not reach it. */
export const DEFAULT_PARENT = "/slipway";
/** Where systemd puts services. */
export const DEFAULT_SLICE = "system.slice";
/** First part of a scope's name: `slipway-<id>.scope`. */
export const SCOPE_PREFIX = "slipway";

/**
 * `linux.cgroupsPath` (runtime-spec, config-linux.md#cgroups-path): a path for cgroupfs, `slice:prefix:name` for systemd.
 * @throws EngineError InvalidParameter for a parent that leaves the hierarchy, or is no slice.
 */
export function cgroupsPath(id: string, { driver, parent }: CgroupInput): string {
  if (driver === "systemd") {
    const slice = parent === "" ? DEFAULT_SLICE : parent;
    if (!/^[A-Za-z0-9_.@\\-]+\.slice$/.test(slice) || /^-|--|-\.slice$/.test(slice))
      throw new EngineError(
        "InvalidParameter",
        `cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"`,
      );
    return `${slice}:${SCOPE_PREFIX}:${id}`;
  }
  const parts = (parent === "" ? DEFAULT_PARENT : parent).split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes(".."))
    throw new EngineError("InvalidParameter", `invalid cgroup parent: ${JSON.stringify(parent)}`);
  return `/${[...parts, id].join("/")}`;
}
