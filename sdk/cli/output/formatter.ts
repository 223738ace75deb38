import { compileTemplate, unescapeFormat, type Template } from "../template/template.ts";
import { CommandFailure } from "../exit.ts";
import { goJson } from "./go-json.ts";
import { tabulate } from "./tabulate.ts";

/** One line of a list: what its template can name. Functions are methods with arguments (`{{.Label "k"}}`). */
export type Row = Readonly<Record<string, unknown>>;

export interface ListFormat {
  /** Column titles by field, for `table` formats. */
  readonly headers: Readonly<Record<string, string>>;
  /** Used without `--format`, and for `--format table`. */
  readonly table: string;
  /** Used with `--quiet`. */
  readonly quiet?: string;
  /** Used for `--format raw`, as old scripts do. */
  readonly raw?: string;
}

/**
 * Lines as docker prints them for a list: a table with titles, one JSON object a line, or any Go template.
 * @throws CommandFailure for a template that does not parse or does not fit.
 */
export function formatRows(
  rows: readonly Row[],
  list: ListFormat,
  options: { readonly format?: string; readonly quiet?: boolean; readonly noHeader?: boolean },
): string {
  const format = resolveFormat(list, options);
  if (format === "json") return rows.map((row) => `${rowJson(row)}\n`).join("");
  const isTable = format.startsWith("table ");
  const template = compileFormat(isTable ? format.slice("table ".length).trim() : format);
  // `{{json .}}` of a row prints its fields, sorted, as docker's context does.
  const lines = rows.map((row) => template(sorted(row)));
  if (!isTable) return lines.map((line) => `${line}\n`).join("");
  const header = options.noHeader ? [] : [template(headerRow(list))];
  return tabulate([...header, ...lines]);
}

function resolveFormat(list: ListFormat, options: { readonly format?: string; readonly quiet?: boolean }): string {
  const given = options.format ?? "";
  if (given === "json" || given === "{{json .}}") return "json";
  if (given === "" || given === "table") return options.quiet ? (list.quiet ?? list.table) : list.table;
  if (given === "raw" && list.raw !== undefined) return list.raw;
  return unescapeFormat(given);
}

/** @throws CommandFailure, in docker's words, instead of TemplateError. */
export function compileFormat(format: string): Template {
  const explained = <T>(run: () => T, before: string): T => {
    try {
      return run();
    } catch (cause) {
      throw new CommandFailure(`${before}${(cause as Error).message}`, undefined, { cause });
    }
  };
  const template = explained(() => compileTemplate(format, { missing: missingField }), "failed to parse template: ");
  return (data) => explained(() => template(data), "failed to execute template: ");
}

/** Whether a format asks for a field that costs the engine extra to find out. */
export function formatNames(format: string | undefined, field: string): boolean {
  return format !== undefined && new RegExp(`\\.${field}\\b|json \\.[ }]`).test(format);
}

/** A row knows all its fields; what it lacks is a mistake in the template. */
function missingField(_row: object, key: string): { readonly error?: string } {
  return /^\p{Lu}/u.test(key) ? { error: `can't evaluate field ${key}` } : {};
}

function headerRow(list: ListFormat): Row {
  // `{{.Label "com.example.role"}}` has the title `role`, as docker's.
  const label = (name: unknown): string => String(name).split(".").at(-1)?.replaceAll(/[-_]/g, " ") ?? "";
  return { ...list.headers, Label: label };
}

function sorted(row: Row): Row {
  return Object.fromEntries(Object.entries(row).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function rowJson(row: Row): string {
  return goJson(sorted(row));
}
