import { EngineError } from "../base/errors.ts";

/** Options of the `local` driver as they were given: `type`, `device`, `o`, `size`. */
export type LocalOptions = Readonly<Record<string, string>>;

const KNOWN: ReadonlySet<string> = new Set(["type", "device", "o", "size"]);

/** What an option cannot be without, in the order in which it is asked for. */
const NEEDS: readonly (readonly [option: string, needed: readonly string[]])[] = [
  ["type", ["device"]],
  ["device", ["type"]],
  ["o", ["device", "type"]],
];

/** @param quotas sizes of directories can be held. @throws EngineError InvalidParameter in Docker's words. */
export function checkLocalOptions(options: LocalOptions, quotas: boolean): void {
  for (const name of Object.keys(options))
    if (!KNOWN.has(name)) throw invalid(`invalid option: ${JSON.stringify(name)}`);
  const { type, device = "" } = options;
  if (type === "cifs" && /^\/\/[^/]*:\d+/.test(device))
    throw invalid("port not allowed in CIFS device URL, include 'port' in 'o='");
  // What cannot be held is not promised.
  if (sizeOf(options) > 0 && !quotas) throw invalid("quota size requested but no quota support");
  for (const [option, needed] of NEEDS) {
    if (options[option] === undefined) continue;
    for (const other of needed)
      if (options[other] === undefined) throw invalid(`missing required option: ${JSON.stringify(other)}`);
  }
}

/** Bytes; 0 is no limit. @throws EngineError InvalidParameter. */
export function sizeOf({ size }: LocalOptions): number {
  return size === undefined ? 0 : parseSize(size);
}

/** Whether the volume is something that is mounted, and not a directory of ours. */
export function isMountedKind({ type = "", device = "" }: LocalOptions): boolean {
  return type !== "" || device !== "";
}

const UNITS: Readonly<Record<string, number>> = { "": 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** `10`, `10m`, `1.5GiB`: powers of 1024. Bytes. */
function parseSize(text: string): number {
  const [, number, suffix = ""] = /^(\d+(?:\.\d+)?) ?(.*)$/.exec(text) ?? [];
  if (number === undefined) throw invalid(`invalid size: '${text}'`);
  const [, unit] = /^([bkmgtp]?)(?:i?b)?$/i.exec(suffix) ?? [];
  const power = unit === undefined ? undefined : UNITS[unit.toLowerCase()];
  if (power === undefined) throw invalid(`invalid suffix: '${suffix}'`);
  return Number(number) * 1024 ** power;
}

function invalid(message: string): EngineError {
  return new EngineError("InvalidParameter", message);
}
