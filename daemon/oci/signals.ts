import { constants } from "node:os";
import { EngineError } from "../base/errors.ts";

const RTMIN = 34;
const RTMAX = 64;

/**
 * The number of a signal given by name (`TERM`, `SIGTERM`, `RTMIN+3`) or number, as signal(7) has them on Linux.
 * @throws EngineError InvalidParameter "invalid signal: X".
 */
export function parseSignal(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : numberOf(text.toUpperCase().replace(/^SIG/, ""));
  if (number === undefined || number < 1 || number > RTMAX)
    throw new EngineError("InvalidParameter", `invalid signal: ${text}`);
  return number;
}

function numberOf(name: string): number | undefined {
  const realtime = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (realtime === null) return (constants.signals as Readonly<Record<string, number>>)[`SIG${name}`];
  const [, base, sign = "+", offset = "0"] = realtime;
  return (base === "MIN" ? RTMIN : RTMAX) + (sign === "-" ? -1 : 1) * Number(offset);
}
