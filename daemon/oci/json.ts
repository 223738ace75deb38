import { EngineError, messageOf } from "../base/errors.ts";

/** Readers for JSON that others wrote: Go writes `null` for anything empty, so null and absent are one. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * @param what names the document in errors.
 * @throws EngineError InvalidParameter when it is larger than `limit` bytes, not JSON, or not an object.
 */
export function parseJsonObject(bytes: Uint8Array, limit: number, what: string): JsonObject {
  if (bytes.byteLength > limit) throw new EngineError("InvalidParameter", `${what} is larger than ${limit} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new EngineError("InvalidParameter", `${what} is not valid JSON: ${messageOf(cause)}`, { cause });
  }
  if (!isObject(value)) throw new EngineError("InvalidParameter", `${what} is not a JSON object`);
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads the members of one object; every complaint names the path to the member. */
export class JsonReader {
  readonly #object: JsonObject;
  readonly #what: string;

  constructor(object: JsonObject, what: string) {
    this.#object = object;
    this.#what = what;
  }

  #wrong(key: string, expected: string): EngineError {
    return new EngineError("InvalidParameter", `${this.#what}: ${key} is not ${expected}`);
  }

  /** Its own members alone: a key like `__proto__` finds nothing. */
  #get(key: string): unknown {
    const value = Object.hasOwn(this.#object, key) ? this.#object[key] : undefined;
    return value === null ? undefined : value;
  }

  has(key: string): boolean {
    return this.#get(key) !== undefined;
  }

  string(key: string): string | undefined {
    const value = this.#get(key);
    if (value !== undefined && typeof value !== "string") throw this.#wrong(key, "a string");
    return value;
  }

  boolean(key: string): boolean | undefined {
    const value = this.#get(key);
    if (value !== undefined && typeof value !== "boolean") throw this.#wrong(key, "a boolean");
    return value;
  }

  /** A safe integer that is not negative. */
  count(key: string): number | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw this.#wrong(key, "a count");
    return value;
  }

  object(key: string): JsonReader | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw this.#wrong(key, "an object");
    return new JsonReader(value, `${this.#what}: ${key}`);
  }

  objects(key: string, limit: number): readonly JsonReader[] | undefined {
    return this.#array(key, limit)?.map((value, at) => {
      if (!isObject(value)) throw this.#wrong(`${key}[${at}]`, "an object");
      return new JsonReader(value, `${this.#what}: ${key}[${at}]`);
    });
  }

  strings(key: string, limit: number): readonly string[] | undefined {
    return this.#array(key, limit)?.map((value, at) => {
      if (typeof value !== "string") throw this.#wrong(`${key}[${at}]`, "a string");
      return value;
    });
  }

  #array(key: string, limit: number): readonly unknown[] | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw this.#wrong(key, "an array");
    if (value.length > limit) throw this.#wrong(key, `an array of at most ${limit} entries`);
    return value as readonly unknown[];
  }

  /** Members whose values are strings; null is "". */
  stringMap(key: string, limit: number): Readonly<Record<string, string>> | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw this.#wrong(key, "an object");
    const entries = Object.entries(value);
    if (entries.length > limit) throw this.#wrong(key, `an object of at most ${limit} members`);
    // fromEntries defines own members, so a key `__proto__` stays a plain key.
    return Object.fromEntries(
      entries.map(([name, each]) => {
        if (each !== null && typeof each !== "string") throw this.#wrong(`${key}.${name}`, "a string");
        return [name, each ?? ""];
      }),
    );
  }

  /** Member names of an object that is used as a set (`ExposedPorts`, `Volumes`). */
  keys(key: string, limit: number): readonly string[] | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw this.#wrong(key, "an object");
    const names = Object.keys(value);
    if (names.length > limit) throw this.#wrong(key, `an object of at most ${limit} members`);
    return names;
  }
}
