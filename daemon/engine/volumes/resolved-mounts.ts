import type { Image } from "../model/image.ts";
import type { MountSpec, ResolvedMount } from "../model/container.ts";
import type { Volume } from "../services.ts";
import { ensureBindSource } from "./bind-source.ts";

/**
 * Bind, tmpfs and image mounts as they will be; volumes come when they are made.
 * @throws EngineError InvalidParameter in Docker's words; NotFound "No such image: x".
 */
export async function resolveMounts(
  mounts: readonly MountSpec[],
  image: (ref: string) => Image,
): Promise<readonly ResolvedMount[]> {
  const resolved: ResolvedMount[] = [];
  for (const mount of mounts) {
    const { target, readOnly } = mount;
    const common = { target, source: "", mode: "", readWrite: !readOnly, propagation: "", anonymous: false };
    if (mount.type === "bind") {
      const { source, propagation } = mount;
      await ensureBindSource(source, mount.createSource);
      resolved.push({ ...common, type: "bind", source, propagation, mode: readOnly ? "ro" : "" });
    } else if (mount.type === "tmpfs") {
      resolved.push({ ...common, type: "tmpfs", mode: mount.options.join(",") });
    } else if (mount.type === "image") {
      const imageId = image(mount.source).id;
      resolved.push({
        ...common,
        type: "image",
        name: mount.source,
        imageId,
        readWrite: false,
        propagation: "rprivate",
      });
    }
  }
  return resolved;
}

export function resolvedVolume(
  spec: Extract<MountSpec, { type: "volume" }>,
  volume: Volume,
  anonymous: boolean,
): ResolvedMount {
  return {
    type: "volume",
    name: volume.name,
    source: volume.mountpoint,
    target: spec.target,
    driver: "local",
    mode: spec.readOnly ? "ro" : "z",
    readWrite: !spec.readOnly,
    propagation: "",
    anonymous,
  };
}
