import { isKind, messageOf } from "../../../base/errors.ts";
import type { BindOptions, Mount } from "../../../../sdk/contract/index.ts";
import type { MountSpec, Propagation } from "../../../engine/model/container.ts";
import { invalid, unsupported } from "./invalid.ts";
import { cleanPath, mountTarget } from "./mount-target.ts";
import { isSet } from "./refusals.ts";

const PROPAGATIONS: readonly string[] = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

/** One of `HostConfig.Mounts`. @throws EngineError InvalidParameter in Docker's words, NotImplemented for the type cluster. */
export function parseMount(mount: Mount): MountSpec {
  const type = mount.Type ?? "";
  if (type === "cluster") throw unsupported(`a mount of type ${type}`);
  try {
    switch (type) {
      case "bind":
        return parseBindMount(mount);
      case "volume":
        return parseVolumeMount(mount);
      case "tmpfs":
        return parseTmpfsMount(mount);
      case "image":
        return parseImageMount(mount);
      default:
        throw invalid("mount type unknown");
    }
  } catch (error) {
    if (isKind(error, "NotImplemented")) throw error;
    throw invalid(`invalid mount config for type ${JSON.stringify(type)}: ${messageOf(error)}`);
  }
}

function parseBindMount(mount: Mount): MountSpec {
  const target = mountTarget(mount.Target ?? "");
  const source = mount.Source ?? "";
  if (source === "") throw invalid("field Source must not be empty");
  refuseOthers(mount, "BindOptions");
  if (!source.startsWith("/")) throw invalid(`invalid mount path: '${source}' mount path must be absolute`);
  const options = mount.BindOptions ?? {};
  const propagation = options.Propagation || "rprivate";
  if (!PROPAGATIONS.includes(propagation)) throw invalid(`invalid propagation mode: ${propagation}`);
  return {
    type: "bind",
    source: cleanPath(source),
    target,
    readOnly: mount.ReadOnly ?? false,
    propagation: propagation as Propagation,
    nonRecursive: options.NonRecursive ?? false,
    createSource: options.CreateMountpoint ?? false,
    ...belowOf(mount, options),
  };
}

/** Whether a read-only bind is so in the mounts below it too. */
function belowOf(mount: Mount, options: BindOptions): { readonly readOnlyBelow?: "none" | "force" } {
  const none = options.ReadOnlyNonRecursive === true;
  const force = options.ReadOnlyForceRecursive === true;
  if (none && force) throw invalid("ReadOnlyNonRecursive and ReadOnlyForceRecursive exclude each other");
  if ((none || force) && mount.ReadOnly !== true)
    throw invalid(`${none ? "ReadOnlyNonRecursive" : "ReadOnlyForceRecursive"} requires ReadOnly`);
  if (none || force) return { readOnlyBelow: none ? "none" : "force" };
  return {};
}

function parseVolumeMount(mount: Mount): MountSpec {
  const target = mountTarget(mount.Target ?? "");
  refuseOthers(mount, "VolumeOptions");
  const options = mount.VolumeOptions ?? {};
  const name = mount.Source ?? "";
  const subpath = options.Subpath ?? "";
  if (name === "" && mount.ReadOnly === true) throw invalid("must not set ReadOnly mode when using anonymous volumes");
  if (name === "" && subpath !== "") throw invalid("must not set Subpath when using anonymous volumes");
  checkSubpath(subpath);
  return {
    type: "volume",
    name,
    target,
    readOnly: mount.ReadOnly ?? false,
    noCopy: options.NoCopy ?? false,
    labels: options.Labels ?? {},
    driver: options.DriverConfig?.Name || "local",
    driverOpts: options.DriverConfig?.Options ?? {},
    subpath,
  };
}

function parseImageMount(mount: Mount): MountSpec {
  const target = mountTarget(mount.Target ?? "");
  const source = mount.Source ?? "";
  if (source === "") throw invalid("field Source must not be empty");
  refuseOthers(mount, "ImageOptions");
  const subpath = mount.ImageOptions?.Subpath ?? "";
  checkSubpath(subpath);
  return { type: "image", source, target, readOnly: true, subpath };
}

/** Whether it leaves the volume over a link, the engine sees when it is resolved. */
function checkSubpath(subpath: string): void {
  if (subpath.startsWith("/") || subpath.split("/").includes("..") || subpath.includes("\0"))
    throw invalid("subpath must be a relative path within the volume");
}

function parseTmpfsMount(mount: Mount): MountSpec {
  const target = mountTarget(mount.Target ?? "");
  if (isSet(mount.Source)) throw invalid("field Source must not be specified");
  refuseOthers(mount, "TmpfsOptions");
  const { SizeBytes: size, Mode: mode, Options } = mount.TmpfsOptions ?? {};
  const options = (Options ?? []).map((words): string => {
    const option = words.join("=");
    if (option !== "exec" && option !== "noexec") throw invalid(`invalid option: ${JSON.stringify(option)}`);
    return option;
  });
  if (size !== null && size !== undefined && size < 0)
    throw invalid("field TmpfsOptions.SizeBytes must not be negative");
  if (isSet(mode)) options.unshift(`mode=${(mode ?? 0).toString(8)}`);
  if (isSet(size)) options.unshift(`size=${size}`);
  return { type: "tmpfs", target, readOnly: mount.ReadOnly ?? false, options };
}

function refuseOthers(mount: Mount, own: string): void {
  for (const field of ["BindOptions", "VolumeOptions", "ImageOptions", "TmpfsOptions", "ClusterOptions"] as const) {
    if (field !== own && mount[field] !== null && mount[field] !== undefined)
      throw invalid(`field ${field} must not be specified`);
  }
}
