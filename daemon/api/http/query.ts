/** Query parameters, as Docker reads them. */
import { EngineError } from "../../base/errors.ts";
import type { Filters } from "../../engine/services.ts";

/** Docker takes anything for true but these (api/server/httputils, BoolValue). */
const FALSE = new Set(["", "0", "no", "false", "none"]);

export function boolean(query: URLSearchParams, name: string, fallback = false): boolean {
  const value = query.get(name);
  return value === null ? fallback : !FALSE.has(value.trim().toLowerCase());
}

/** @throws InvalidParameter when it is there and no whole number; an empty value counts as absent. */
export function integer(query: URLSearchParams, name: string): number | undefined;
export function integer(query: URLSearchParams, name: string, fallback: number): number;
export function integer(query: URLSearchParams, name: string, fallback?: number): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return fallback;
  const number = Number(value);
  if (!/^[+-]?\d+$/.test(value) || !Number.isSafeInteger(number)) {
    throw invalid(`invalid value for ${name}: ${JSON.stringify(value)} is not a whole number`);
  }
  return number;
}

/** Undefined when it is absent or empty. */
export function text(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined;
}

/**
 * `filters={"label":["a=b"]}`, and the form of clients before 1.22: `{"label":{"a=b":true}}`.
 * @throws InvalidParameter for what is no such JSON, and for a name that the endpoint does not know.
 */
export function filters(query: URLSearchParams, accepted: readonly string[]): Filters {
  const value = query.get("filters");
  const map = new Map<string, readonly string[]>();
  if (value === null || value === "") return map;
  for (const [name, values] of Object.entries(parseFilters(value))) {
    if (!accepted.includes(name)) throw invalid(`invalid filter '${name}'`);
    const list = filterValues(values);
    if (list.length > 0) map.set(name, list);
  }
  return map;
}

function parseFilters(value: string): object {
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch (error) {
    throw invalid("invalid filter", error);
  }
  throw invalid("invalid filter");
}

function filterValues(values: unknown): readonly string[] {
  if (values === null) return [];
  if (Array.isArray(values) && values.every((each) => typeof each === "string")) return [...new Set(values)];
  if (typeof values !== "object" || Array.isArray(values)) throw invalid("invalid filter");
  const entries: [string, unknown][] = Object.entries(values);
  if (!entries.every(([, on]) => typeof on === "boolean")) throw invalid("invalid filter");
  return entries.filter(([, on]) => on === true).map(([each]) => each);
}

function invalid(message: string, cause?: unknown): EngineError {
  return new EngineError("InvalidParameter", message, { cause });
}
