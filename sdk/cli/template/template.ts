import { Evaluation, type MissingKey } from "./evaluate.ts";
import { FUNCTIONS } from "./functions.ts";
import { parse } from "./parser.ts";

/** A compiled `--format` template. @throws TemplateError when the data lacks what it names. */
export type Template = (data: unknown) => string;

export interface TemplateOptions {
  /** What a key gives that an object lacks; by default nothing is an error and `<no value>` is printed. */
  readonly missing?: MissingKey;
}

/**
 * Compiles a Go template over plain JSON values.
 * @throws TemplateError when it cannot be parsed.
 * @example
 * compileTemplate('{{range .Mounts}}{{.Source}} {{end}}')(container)
 */
export function compileTemplate(source: string, options: TemplateOptions = {}): Template {
  const nodes = parse(source, (name) => FUNCTIONS.has(name));
  const missing = options.missing ?? ((): { readonly error?: string } => ({}));
  return (data) => new Evaluation(missing).run(nodes, data);
}

/** Docker reads `\t` and `\n` in a format given on the command line as what they stand for. */
export function unescapeFormat(format: string): string {
  return format.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}
