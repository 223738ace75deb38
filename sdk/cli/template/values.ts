/**
 * Go's view of plain JSON values: how they print, when they are true, how they compare.
 */

/** What a template prints for a key that a map does not have. */
export const NO_VALUE = "<no value>";

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** text/template, "the empty values are false, 0, any nil pointer or interface value, and any array, slice, map, or string of length zero". */
export function truth(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** fmt's %v. `nested` decides how nil is written. */
export function goText(value: unknown, nested = false): string {
  if (value === undefined || value === null) return nested ? "<nil>" : NO_VALUE;
  if (Array.isArray(value)) return `[${value.map((item) => goText(item, true)).join(" ")}]`;
  if (isRecord(value)) {
    const pairs = Object.keys(value)
      .filter((key) => typeof value[key] !== "function")
      .sort()
      .map((key) => `${key}:${goText(value[key], true)}`);
    return `map[${pairs.join(" ")}]`;
  }
  if (typeof value === "number") return numberText(value);
  return (value as string | boolean | bigint).toString();
}

/** Numbers of the API are integers unless they have a fraction; %v of a Go float64 switches to an exponent at 1e21. */
function numberText(value: number): string {
  if (!Number.isInteger(value) || Math.abs(value) < 1e21) return String(value);
  return value.toExponential().replace(/e\+(\d)$/, "e+0$1");
}

/** encoding/json without HTML escapes; keys in the order the engine sent them. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value ?? null);
}

export function lengthOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (isRecord(value)) return Object.keys(value).length;
  if (value === undefined || value === null) return 0;
  throw new TypeError(`len of type ${typeof value}`);
}

/** -1, 0 or 1 for two numbers or two strings. */
export function compare(left: unknown, right: unknown): number {
  if (typeof left === "number" && typeof right === "number") return Math.sign(left - right);
  if (typeof left === "string" && typeof right === "string") return left < right ? -1 : left > right ? 1 : 0;
  throw new TypeError("incompatible types for comparison");
}

export function equal(left: unknown, right: unknown): boolean {
  if (left === undefined || left === null || right === undefined || right === null)
    return (left ?? null) === (right ?? null);
  if (typeof left !== typeof right) throw new TypeError("incompatible types for comparison");
  if (typeof left === "object") throw new TypeError("non-comparable type");
  return left === right;
}

/** `index` of a list or map, one key a step. A missing map key is no error. */
export function indexInto(value: unknown, keys: readonly unknown[]): unknown {
  let at = value;
  for (const key of keys) {
    if (typeof at === "string" || Array.isArray(at)) {
      if (typeof key !== "number") throw new TypeError("cannot index slice/array with a non-integer");
      if (key < 0 || key >= at.length) throw new TypeError(`index out of range: ${key}`);
      at = typeof at === "string" ? Buffer.from(at)[key] : (at[key] as unknown);
    } else if (isRecord(at)) {
      at = Object.hasOwn(at, String(key)) ? at[String(key)] : undefined;
    } else if (at === undefined || at === null) {
      // A nil map of the API (`"Labels": null`) has no entries; only a typed nil would be an error in Go.
      return undefined;
    } else {
      throw new TypeError(`can't index item of type ${typeof at}`);
    }
  }
  return at;
}
