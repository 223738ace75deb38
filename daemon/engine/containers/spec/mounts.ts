import type { BindInput, MountInput } from "../../../oci/spec/input.ts";
import type { Container } from "../../model/container.ts";

/** Host paths of the files of names, by where they go. */
export interface NameFilePaths {
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
}

/** Everything that is mounted into a container beside the kernel's own file systems. */
export function mountsOf(container: Container, files: NameFilePaths): readonly MountInput[] {
  const readOnly = container.spec.host.readonlyRootfs;
  // First, so that a mount of the user's on the same target takes their place.
  return [
    file("/etc/resolv.conf", files.resolvConf, readOnly),
    file("/etc/hostname", files.hostname, readOnly),
    file("/etc/hosts", files.hosts, readOnly),
    ...userMounts(container),
  ];
}

/** Those that were asked for. A volume that is not made yet (at create) is left out. */
export function userMounts({ spec, mounts }: Container): readonly MountInput[] {
  const sources = new Map(
    mounts.flatMap((each) => (each.type === "volume" ? [[each.target, each.source] as const] : [])),
  );
  return spec.host.mounts.flatMap((mount): readonly MountInput[] => {
    if (mount.type === "tmpfs") return [mount];
    if (mount.type === "bind") return [mount];
    const source = sources.get(mount.target);
    const { target, readOnly } = mount;
    return source === undefined
      ? []
      : [{ type: "bind", source, target, readOnly, propagation: "", nonRecursive: false }];
  });
}

function file(target: string, source: string, readOnly: boolean): BindInput {
  return { type: "bind", source, target, readOnly, propagation: "rprivate", nonRecursive: true };
}
