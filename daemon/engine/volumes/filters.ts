import { EngineError } from "../../base/errors.ts";
import { matchesLabels } from "../filters.ts";
import type { Filters, Volume } from "../services.ts";

/** What Go's strconv.ParseBool takes. */
const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE: ReadonlySet<string> = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/** @throws EngineError InvalidParameter in Docker's words for a `dangling` that is no truth. */
export function volumeFilter(filters: Filters, isUsed: (name: string) => boolean): (volume: Volume) => boolean {
  const values = (name: string): readonly string[] | undefined => filters.get(name);
  const dangling = values("dangling");
  const wanted = dangling === undefined ? undefined : truthOf(dangling);
  if (dangling !== undefined && wanted === undefined)
    throw new EngineError("InvalidParameter", `invalid filter 'dangling=[${dangling.join(" ")}]'`);
  const any = (name: string, test: (value: string) => boolean): boolean => values(name)?.some(test) ?? true;
  return (volume) =>
    any("name", (value) => volume.name.includes(value)) &&
    any("driver", (value) => volume.driver === value) &&
    matchesLabels(volume.labels, values("label") ?? []) &&
    (wanted === undefined || wanted === !isUsed(volume.name));
}

/** Which volumes a prune takes, used or not. @throws EngineError InvalidParameter for an `all` that is no truth. */
export function pruneFilter(filters: Filters): (volume: Volume) => boolean {
  const given = filters.get("all");
  const all = given === undefined ? false : truthOf(given);
  if (all === undefined) {
    const value = JSON.stringify(given?.[0] ?? "");
    throw new EngineError(
      "InvalidParameter",
      `invalid filter 'all': strconv.ParseBool: parsing ${value}: invalid syntax`,
    );
  }
  const labels = filters.get("label") ?? [];
  const not = filters.get("label!") ?? [];
  return (volume) =>
    (all || volume.anonymous) &&
    matchesLabels(volume.labels, labels) &&
    !not.some((each) => matchesLabels(volume.labels, [each]));
}

/** Undefined for what is neither, and for both at once. */
function truthOf(values: readonly string[]): boolean | undefined {
  const [value = "", ...more] = values;
  if (more.length > 0) return undefined;
  return TRUE.has(value) ? true : FALSE.has(value) ? false : undefined;
}
