import type { ContainerSpec } from "../../../engine/model/container.ts";
import { atLeast } from "../../http/version.ts";

/** What a body means in the API version that it was written for: before 1.44 a read-only bind left mounts below it writable. */
export function asOfVersion(spec: ContainerSpec, apiVersion: string): ContainerSpec {
  if (atLeast(apiVersion, "1.44")) return spec;
  const mounts = spec.host.mounts.map((mount) =>
    mount.type === "bind" && mount.readOnly ? ({ ...mount, readOnlyBelow: "none" } as const) : mount,
  );
  return { ...spec, host: { ...spec.host, mounts } };
}
