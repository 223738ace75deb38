import { readFileSync } from "node:fs";
import { EngineError } from "../base/errors.ts";

const DEFAULT_GROUP = "slipway";

/**
 * The group that may use the unix socket: as asked for, or `slipway` where there is one. undefined: the daemon's own.
 * @throws EngineError InvalidParameter for a group that was asked for and is not there.
 */
export function groupId(asked: string | undefined, file = "/etc/group"): number | undefined {
  if (asked === "") return undefined;
  const name = asked ?? DEFAULT_GROUP;
  // group(5): name, password, number, members.
  const lines = readOrEmpty(file).split("\n");
  const fields = lines.map((line) => line.split(":")).find(([each]) => each === name);
  if (fields !== undefined) return Number(fields[2]);
  if (/^\d+$/.test(name)) return Number(name);
  if (asked === undefined) return undefined;
  throw new EngineError("InvalidParameter", `group ${name} not found`);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
