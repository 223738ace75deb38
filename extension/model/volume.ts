import type { wire } from "../../sdk/index.ts";

export interface Volume {
  readonly name: string;
  readonly driver: string;
  readonly mountpoint: string;
  readonly labels: Readonly<Record<string, string>>;
}

const ANONYMOUS_LABEL = "com.docker.volume.anonymous";

export function volumeOf(volume: wire.Volume): Volume {
  return {
    name: volume.Name,
    driver: volume.Driver,
    mountpoint: volume.Mountpoint,
    labels: volume.Labels ?? {},
  };
}

/** One that the engine named, for a container that asked for any. */
export function isAnonymous({ name, labels }: Volume): boolean {
  return ANONYMOUS_LABEL in labels || /^[0-9a-f]{64}$/.test(name);
}

/** For a row of a tree: nobody reads 64 digits. */
export function volumeLabel(volume: Volume): string {
  return isAnonymous(volume) ? volume.name.slice(0, 12) : volume.name;
}
