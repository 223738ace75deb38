/** Sizes and durations as docker writes and reads them (docker/go-units, Go's time.ParseDuration). */

const BINARY: Readonly<Record<string, number>> = { "": 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** `64m`, `1.5GiB`, `1024`: bytes, in powers of 1024. -1 is taken as it is. @throws Error "invalid size: 'x'". */
export function parseBytes(text: string): number {
  if (/^-\d+$/.test(text)) return Number(text);
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text);
  if (match === null) throw new Error(`invalid size: '${text}'`);
  return Math.floor(Number(match[1]) * 1024 ** (BINARY[match[2]!.toLowerCase()] ?? 0));
}

const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** `1h30m`, `500ms`, `0`: nanoseconds. @throws Error in Go's words. */
export function parseDuration(text: string): number {
  const body = text.replace(/^[+-]/, "");
  if (body === "0") return 0;
  const parts = [...body.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join("") !== body) {
    const missing = /^[\d.]+$/.test(body);
    throw new Error(`time: ${missing ? "missing unit in" : "invalid"} duration ${JSON.stringify(text)}`);
  }
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * NANOSECONDS[unit!]!, 0);
  return text.startsWith("-") ? -total : total;
}

/** `4.26MB`: units.HumanSize, powers of 1000, four significant digits. */
export function humanSize(bytes: number): string {
  return scaled(bytes, 1000, ["B", "kB", "MB", "GB", "TB", "PB", "EB"], 4);
}

/** `1.2MB` with three digits: the sizes of `images` and `system df`. */
export function humanSizeShort(bytes: number): string {
  return scaled(bytes, 1000, ["B", "kB", "MB", "GB", "TB", "PB", "EB"], 3);
}

/** `61.3MiB`: units.BytesSize, powers of 1024. */
export function bytesSize(bytes: number): string {
  return scaled(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"], 4);
}

function scaled(value: number, base: number, units: readonly string[], digits: number): string {
  let at = 0;
  let size = value;
  while (size >= base && at < units.length - 1) {
    size /= base;
    at++;
  }
  return `${significant(size, digits)}${units[at]}`;
}

/** Go's %.4g: significant digits without trailing zeros; four or more digits before the point stay. */
function significant(value: number, digits: number): string {
  return Number(value.toPrecision(digits)).toString();
}

/** `Less than a second`, `About a minute`, `3 hours`: units.HumanDuration of milliseconds. */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.floor(ms / 3_600_000 + 0.5);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(ms / 3_600_000 / 24 / 365)} years`;
}
