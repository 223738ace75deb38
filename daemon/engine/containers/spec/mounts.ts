import type { BindInput, MountInput } from "../../../oci/spec/input.ts";
import type { Container } from "../../model/container.ts";

/** Host paths of the files of names, by where they go. */
export interface NameFilePaths {
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
}

/** Everything that is mounted into a container beside the kernel's own file systems. */
export function mountsOf(
  container: Container,
  files: NameFilePaths,
  sources: ReadonlyMap<string, string>,
): readonly MountInput[] {
  const readOnly = container.spec.host.readonlyRootfs;
  // First, so that a mount of the user's on the same target takes their place.
  return [
    file("/etc/resolv.conf", files.resolvConf, readOnly),
    file("/etc/hostname", files.hostname, readOnly),
    file("/etc/hosts", files.hosts, readOnly),
    ...userMounts(container, sources),
  ];
}

/**
 * Those that were asked for. What has no place on the host yet (at create) is left out.
 * @param sources places that were made for this start, by target: inside volumes and images.
 */
export function userMounts(
  { spec, mounts }: Container,
  sources: ReadonlyMap<string, string> = new Map(),
): readonly MountInput[] {
  const volumes = new Map(
    mounts.flatMap((each) => (each.type === "volume" ? [[each.target, each.source] as const] : [])),
  );
  return spec.host.mounts.flatMap((mount): readonly MountInput[] => {
    if (mount.type === "tmpfs" || mount.type === "bind") return [mount];
    const inside = mount.type === "image" || mount.subpath !== "";
    const source = inside ? sources.get(mount.target) : volumes.get(mount.target);
    const readOnly = mount.type === "image" || mount.readOnly;
    return source === undefined
      ? []
      : [{ type: "bind", source, target: mount.target, readOnly, propagation: "", nonRecursive: false }];
  });
}

function file(target: string, source: string, readOnly: boolean): BindInput {
  return { type: "bind", source, target, readOnly, propagation: "rprivate", nonRecursive: true };
}
