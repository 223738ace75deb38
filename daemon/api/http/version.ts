/** Versions of Docker's API that are spoken here. */
import { API_VERSION, MIN_API_VERSION } from "../../../sdk/contract/common.ts";
import { EngineError } from "../../base/errors.ts";

/** Whether API version `version` is `wanted` or newer. Both are `1.x`. */
export function atLeast(version: string, wanted: string): boolean {
  return compare(version, wanted) >= 0;
}

function compare(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split(".").map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split(".").map(Number);
  return leftMajor - rightMajor || leftMinor - rightMinor;
}

/** @throws InvalidParameter with the words by which docker explains itself. */
export function checkVersion(version: string): void {
  if (!atLeast(version, MIN_API_VERSION)) {
    const rest = `Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version`;
    throw new EngineError("InvalidParameter", `client version ${version} is too old. ${rest}`);
  }
  if (!atLeast(API_VERSION, version)) {
    const rest = `Maximum supported API version is ${API_VERSION}`;
    throw new EngineError("InvalidParameter", `client version ${version} is too new. ${rest}`);
  }
}
