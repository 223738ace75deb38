import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { EngineError, messageOf } from "../../base/errors.ts";

const run = promisify(execFile);

export interface ProcessTable {
  readonly titles: readonly string[];
  readonly processes: readonly (readonly string[])[];
}

/**
 * `ps` of the host with the user's options, cut down to `pids`. The columns are whatever the options ask for; one must be PID.
 * @throws EngineError InvalidParameter when ps refuses the options or shows no PID; Unavailable when the host has no ps.
 */
export async function processTable(
  psArgs: string,
  pids: readonly number[],
  signal?: AbortSignal,
): Promise<ProcessTable> {
  return parseProcessTable(await ps(psArgs === "" ? "-ef" : psArgs, signal), new Set(pids));
}

async function ps(args: string, signal?: AbortSignal): Promise<string> {
  try {
    const { stdout } = await run("ps", args.split(/\s+/).filter(Boolean), { signal, maxBuffer: 64 << 20 });
    return stdout;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new EngineError("Unavailable", "top needs the command ps on the host (Debian: procps)", { cause: error });
    }
    throw new EngineError("InvalidParameter", `ps ${args}: ${messageOf(error)}`, { cause: error });
  }
}

/** Rows of `pids`; the last column keeps its spaces. */
export function parseProcessTable(text: string, pids: ReadonlySet<number>): ProcessTable {
  const [header = "", ...lines] = text.split("\n");
  const titles = header.trim().split(/\s+/);
  const column = titles.indexOf("PID");
  if (column < 0) throw new EngineError("InvalidParameter", "Couldn't find PID field in ps output");
  const processes = lines
    .map((line) => splitColumns(line, titles.length))
    .filter((fields) => pids.has(Number(fields[column])));
  return { titles, processes };
}

function splitColumns(line: string, count: number): readonly string[] {
  const fields: string[] = [];
  let rest = line.trim();
  while (fields.length < count - 1) {
    const match = /^(\S+)\s+(.*)$/.exec(rest);
    if (match === null) break;
    fields.push(match[1] ?? "");
    rest = match[2] ?? "";
  }
  return [...fields, rest];
}
