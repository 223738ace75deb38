import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExitStatus } from "../base/exit-status.ts";
import { nowRfc3339 } from "../base/time.ts";

/** What the shim put down about the end of the container: `137 2026-01-02T03:04:05.678901234Z oom`. Undefined: nothing yet. */
export function readExitRecord(folder: string): ExitStatus | undefined {
  let line: string;
  try {
    line = readFileSync(join(folder, "exit"), "utf8");
  } catch {
    return undefined;
  }
  const match = /^(\d+) (\S+)( oom)?\n$/.exec(line);
  return match === null
    ? undefined
    : { code: Number(match[1]), at: match[2] ?? nowRfc3339(), oomKilled: match[3] !== undefined };
}

/** Nobody saw the end: the shim was killed, or the machine stopped. */
export function unseenExit(error: string): ExitStatus {
  return { code: 137, at: nowRfc3339(), oomKilled: false, error };
}
