import { InvalidParameter } from "../transport/errors.ts";

/** The newest version of Docker's API that this SDK speaks, and the oldest it still works with (dockerd 20.10 has 1.41). */
export const NEWEST_API = "1.51";
export const OLDEST_API = "1.24";

/** -1, 0 or 1 for two versions like "1.41". */
export function compareApiVersions(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split(".").map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split(".").map(Number);
  return Math.sign(leftMajor - rightMajor || leftMinor - rightMinor);
}

/**
 * The version to speak with an engine whose newest is `offered`: the older of the two.
 * An engine that names none (a proxy took the header) is taken at 1.24, as docker does.
 * @throws InvalidParameter when `wanted` is no version.
 */
export function negotiateApiVersion(offered: string, wanted?: string): string {
  if (wanted !== undefined && wanted !== "") {
    if (!/^\d+\.\d+$/.test(wanted))
      throw new InvalidParameter(`invalid API version ${JSON.stringify(wanted)}: expected a form like ${NEWEST_API}`);
    return wanted;
  }
  if (!/^\d+\.\d+$/.test(offered)) return OLDEST_API;
  return compareApiVersions(offered, NEWEST_API) < 0 ? offered : NEWEST_API;
}
