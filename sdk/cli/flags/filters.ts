/**
 * The `filters` parameter of `--filter name=value` flags, as the engine reads it: `{"label":["a=b","c"]}`; undefined for none.
 * @throws Error in docker's words for a flag without `=`.
 */
export function filtersOf(flags: readonly string[]): string | undefined {
  if (flags.length === 0) return undefined;
  const filters: Record<string, Record<string, boolean>> = {};
  for (const flag of flags) {
    if (flag === "") continue;
    const equals = flag.indexOf("=");
    if (equals === -1) throw new Error(`invalid filter '${flag}'`);
    const name = flag.slice(0, equals).trim().toLowerCase();
    (filters[name] ??= {})[flag.slice(equals + 1).trim()] = true;
  }
  return JSON.stringify(filters);
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
