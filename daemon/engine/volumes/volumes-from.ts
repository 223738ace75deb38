import { EngineError, isKind } from "../../base/errors.ts";
import type { Container, MountSpec, ResolvedMount } from "../model/container.ts";

/** Words of a mode that `volumes-from` takes, as `-v` has them. */
const MODES: ReadonlySet<string> = new Set(["ro", "rw", "z", "Z", "nocopy"]);

/**
 * What the containers of `--volumes-from` have mounted, to be mounted again: the volumes by the names that they have by now.
 * @param entries `container[:mode]`.
 * @throws EngineError InvalidParameter in Docker's words.
 */
export function volumesFrom(entries: readonly string[], resolve: (ref: string) => Container): readonly MountSpec[] {
  const byTarget = new Map<string, MountSpec>();
  for (const entry of entries) {
    const { ref, readOnly } = parseEntry(entry);
    for (const mount of mountsOf(resolved(ref, resolve), readOnly)) byTarget.set(mount.target, mount);
  }
  return [...byTarget.values()];
}

function parseEntry(entry: string): { readonly ref: string; readonly readOnly: boolean } {
  const at = entry.indexOf(":");
  const ref = at < 0 ? entry : entry.slice(0, at);
  const mode = at < 0 ? "" : entry.slice(at + 1);
  if (entry === "") throw new EngineError("InvalidParameter", "volumes-from specification cannot be an empty string");
  const words = mode === "" ? [] : mode.split(",");
  if (words.some((word) => !MODES.has(word))) throw new EngineError("InvalidParameter", `invalid mode: ${mode}`);
  return { ref, readOnly: words.includes("ro") };
}

/** Docker's kind for it: the request names what is not there, and it is not the request's own object. */
function resolved(ref: string, resolve: (ref: string) => Container): Container {
  try {
    return resolve(ref);
  } catch (error) {
    if (!isKind(error, "NotFound")) throw error;
    throw new EngineError("InvalidParameter", `No such container: ${ref}`, { cause: error });
  }
}

function mountsOf(container: Container, readOnly: boolean): readonly MountSpec[] {
  const specs = new Map(container.spec.host.mounts.map((mount) => [mount.target, mount]));
  return container.mounts.flatMap((mount) => {
    const spec = specs.get(mount.target);
    return spec === undefined ? [] : again(spec, mount, readOnly || !mount.readWrite);
  });
}

function again(spec: MountSpec, mount: ResolvedMount, readOnly: boolean): readonly MountSpec[] {
  const from = "container";
  switch (spec.type) {
    case "volume":
      return [{ ...spec, name: mount.name ?? "", anonymous: mount.anonymous, noCopy: true, readOnly, from }];
    case "tmpfs":
      // Those of `--tmpfs` belong to the one container.
      return spec.short === true ? [] : [{ ...spec, readOnly, from }];
    default:
      return [{ ...spec, readOnly, from }];
  }
}
