import { type TarTime, malformed } from "./entry.ts";

/**
 * Records of a pax extended header by their key. A key may stand there several times: the last one holds, but the old sparse
 * format 0.0 repeats two keys in order, which are kept apart (in `sparse`).
 */
export interface PaxRecords {
  /** Values are byte strings. */
  readonly values: ReadonlyMap<string, string>;
  /** GNU.sparse.offset and GNU.sparse.numbytes, alternating, in the order they stand. */
  readonly sparse: readonly string[];
}

const REPEATED = new Set(["GNU.sparse.offset", "GNU.sparse.numbytes"]);

/**
 * Each record is `LENGTH KEY=VALUE\n`; LENGTH is decimal and counts itself (POSIX.1-2024 pax, "pax Extended Header").
 * @throws EngineError InvalidParameter.
 */
export function decodePax(body: Buffer): PaxRecords {
  const values = new Map<string, string>();
  const sparse: string[] = [];
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at);
    const digits = space < 0 ? "" : body.toString("latin1", at, Math.min(space, at + 12));
    if (!/^[1-9]\d*$/.test(digits)) throw malformed("a pax record has no length");
    const end = at + Number(digits);
    const equals = body.indexOf(0x3d, space + 1);
    if (end > body.length || equals < 0 || equals >= end - 1 || equals === space + 1 || body[end - 1] !== 0x0a)
      throw malformed("a pax record does not end where it says");
    const key = body.toString("latin1", space + 1, equals);
    const value = body.toString("latin1", equals + 1, end - 1);
    checkValue(key, value);
    if (REPEATED.has(key)) sparse.push(value);
    else values.set(key, value);
    at = end;
  }
  return { values, sparse };
}

/** A NUL in a name would end it for the kernel, and not for whoever checks it here. */
function checkValue(key: string, value: string): void {
  const isName =
    key === "path" || key === "linkpath" || key === "uname" || key === "gname" || key === "GNU.sparse.name";
  if (key.includes("\0") || (isName && value.includes("\0"))) throw malformed(`pax record ${key} holds a NUL`);
}

export function encodePax(records: ReadonlyMap<string, string>): Buffer {
  return Buffer.from([...records].map(([key, value]) => paxRecord(key, value)).join(""), "latin1");
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

/** A whole number that is no more than 2^53. */
export function paxInteger(value: string, key: string): number {
  const result = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(result)) throw malformed(`pax record ${key} is not a number`);
  return result;
}

/** Decimal seconds with a fraction of any length; digits past the nanosecond are cut off. */
export function paxTime(value: string, key: string): TarTime {
  const match = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(value);
  if (match === null) throw malformed(`pax record ${key} is not a time`);
  const whole = Number(match[2]);
  const fraction = Number((match[3] ?? "").slice(0, 9).padEnd(9, "0"));
  if (match[1] === "") return { seconds: whole, nanoseconds: fraction };
  return fraction === 0 ? { seconds: 0 - whole, nanoseconds: 0 } : { seconds: -whole - 1, nanoseconds: 1e9 - fraction };
}

export function formatPaxTime({ seconds, nanoseconds }: TarTime): string {
  const total = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
  const size = total < 0n ? -total : total;
  const fraction = (size % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  return `${total < 0n ? "-" : ""}${size / 1_000_000_000n}${fraction === "" ? "" : `.${fraction}`}`;
}
