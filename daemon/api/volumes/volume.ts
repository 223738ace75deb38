import type { Volume as VolumeJson } from "../../../sdk/contract/index.ts";
import type { Volume } from "../../engine/services.ts";

export function volumeJson({ name, driver, mountpoint, createdAt, labels, options }: Volume): VolumeJson {
  return {
    CreatedAt: createdAt,
    Driver: driver,
    Labels: orNull(labels),
    Mountpoint: mountpoint,
    Name: name,
    Options: orNull(options),
    Scope: "local",
  };
}

/** Docker writes a map that nobody set as null. */
function orNull(map: Readonly<Record<string, string>>): Record<string, string> | null {
  return Object.keys(map).length > 0 ? map : null;
}
