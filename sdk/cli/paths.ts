import { segment } from "../client/api/caller.ts";

/** The path of a container's resource: `/containers/web/stop`. */
export function containerPath(name: string, rest = ""): string {
  return `/containers/${encodeURIComponent(name)}${rest}`;
}

/** The path of an image's resource; the slashes of its name stay. */
export function imagePath(name: string, rest = ""): string {
  return `/images/${segment(name)}${rest}`;
}
