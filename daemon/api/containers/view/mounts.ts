import type { HostConfig, Mount } from "../../../../sdk/contract/index.ts";
import type { ContainerSpec, MountSpec } from "../../../engine/model/container.ts";
import { cleanPath } from "../spec/mount-target.ts";

/** `Mounts` and `Tmpfs` of HostConfig, as they were asked for; `Binds` is kept as given. */
export function mountsJson(spec: ContainerSpec, imageVolumes: readonly string[]): Pick<HostConfig, "Mounts" | "Tmpfs"> {
  const { binds, mounts } = spec.host;
  const anonymous = new Set([...spec.volumes, ...imageVolumes].map(cleanPath));
  // Binds come first, one for each; anonymous volumes of Config.Volumes and of the image come last.
  const asked = mounts
    .slice(binds.length)
    .filter((mount) => mount.from === undefined)
    .filter((mount) => !(mount.type === "volume" && mount.name === "" && anonymous.has(mount.target)));
  const tmpfs: Record<string, string> = {};
  const others: Mount[] = [];
  for (const mount of asked) {
    if (mount.type === "tmpfs" && mount.short === true) tmpfs[mount.target] = mount.options.join(",");
    else others.push(mountJson(mount));
  }
  return {
    ...(others.length > 0 && { Mounts: others }),
    ...(Object.keys(tmpfs).length > 0 && { Tmpfs: tmpfs }),
  };
}

function mountJson(mount: MountSpec): Mount {
  const common = {
    Type: mount.type,
    ...((mount.type === "bind" || mount.type === "image") && { Source: mount.source }),
    ...(mount.type === "volume" && mount.name !== "" && { Source: mount.name }),
    Target: mount.target,
    ...(mount.readOnly && { ReadOnly: true }),
  };
  switch (mount.type) {
    case "bind":
      return { ...common, ...optional("BindOptions", bindOptions(mount)) };
    case "image":
      return { ...common, ...(mount.subpath !== "" && { ImageOptions: { Subpath: mount.subpath } }) };
    case "volume":
      return { ...common, ...optional("VolumeOptions", volumeOptions(mount)) };
    case "tmpfs":
      return { ...common, ...optional("TmpfsOptions", tmpfsOptions(mount.options)) };
  }
}

function optional<K extends string, V extends object>(name: K, value: V): { readonly [P in K]?: V } {
  return Object.keys(value).length > 0 ? ({ [name]: value } as { [P in K]?: V }) : {};
}

function bindOptions(mount: Extract<MountSpec, { type: "bind" }>): NonNullable<Mount["BindOptions"]> {
  return {
    ...(mount.propagation !== "rprivate" && { Propagation: mount.propagation }),
    ...(mount.nonRecursive && { NonRecursive: true }),
    ...(mount.createSource && { CreateMountpoint: true }),
    ...(mount.readOnlyBelow === "none" && { ReadOnlyNonRecursive: true }),
    ...(mount.readOnlyBelow === "force" && { ReadOnlyForceRecursive: true }),
  };
}

function volumeOptions(mount: Extract<MountSpec, { type: "volume" }>): NonNullable<Mount["VolumeOptions"]> {
  const driver = mount.driver !== "local" || Object.keys(mount.driverOpts).length > 0;
  return {
    ...(mount.noCopy && { NoCopy: true }),
    ...(Object.keys(mount.labels).length > 0 && { Labels: mount.labels }),
    ...(driver && { DriverConfig: { Name: mount.driver, Options: mount.driverOpts } }),
    ...(mount.subpath !== "" && { Subpath: mount.subpath }),
  };
}

function tmpfsOptions(options: readonly string[]): NonNullable<Mount["TmpfsOptions"]> {
  const value = (name: string): string | undefined =>
    options.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
  const size = value("size");
  const mode = value("mode");
  const others = options.filter((each) => !/^(?:size|mode)=/.test(each)).map((each) => [each]);
  return {
    ...(size !== undefined && { SizeBytes: Number(size) }),
    ...(mode !== undefined && { Mode: Number.parseInt(mode, 8) }),
    ...(others.length > 0 && { Options: others }),
  };
}
