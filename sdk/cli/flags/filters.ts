import type { FilterValues } from "../../client/api/caller.ts";

/**
 * The filters of `--filter name=value` flags; undefined for none.
 * @throws Error in docker's words for a flag without `=`.
 */
export function filtersOf(flags: readonly string[]): FilterValues | undefined {
  const filters: Record<string, string[]> = {};
  for (const flag of flags) {
    if (flag === "") continue;
    checkFilter(flag);
    const equals = flag.indexOf("=");
    (filters[flag.slice(0, equals).trim().toLowerCase()] ??= []).push(flag.slice(equals + 1).trim());
  }
  return Object.keys(filters).length === 0 ? undefined : filters;
}

/** Checks one `--filter`. */
export function checkFilter(flag: string): void {
  if (flag !== "" && !flag.includes("=")) throw new Error(`invalid filter '${flag}'`);
}

export const FILTER_OPTION = {
  name: "filter",
  short: "f",
  type: "list",
  value: "filter",
  help: "Filter output based on conditions provided",
  check: checkFilter,
} as const;
