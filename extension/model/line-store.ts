/** A line of a container's log. */
export interface Line {
  readonly stream: "stdout" | "stderr";
  /** RFC 3339. */
  readonly time: string;
  /** With its ANSI escapes. */
  readonly text: string;
}

export interface LineFilter {
  /** Lines that contain it, whatever the case; "" for all. A regular expression between slashes. */
  readonly text: string;
  readonly stream: "all" | "stdout" | "stderr";
  /** RFC 3339; "" for no bound. */
  readonly since: string;
}

export const NO_FILTER: LineFilter = { text: "", stream: "all", since: "" };

const ESCAPES = /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;

/** The text as it is read: without colours and titles. */
export function withoutEscapes(text: string): string {
  return text.includes("\x1b") ? text.replace(ESCAPES, "") : text;
}

/** A predicate for a filter. A regular expression that is not one yet, while it is typed, is taken as text. */
export function lineTest(filter: LineFilter): (line: Line) => boolean {
  const { text, stream, since } = filter;
  const expression = /^\/(.+)\/$/.exec(text)?.[1];
  const literal = new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i");
  let contains = (line: string): boolean => literal.test(line);
  if (expression !== undefined) {
    try {
      const compiled = new RegExp(expression, "i");
      contains = (line) => compiled.test(line);
    } catch {
      // Half typed.
    }
  }
  return (line) =>
    (stream === "all" || line.stream === stream) &&
    (since === "" || line.time >= since) &&
    (text === "" || contains(withoutEscapes(line.text)));
}

/**
 * The lines of a log, and which of them a filter shows. Kept here and not in the page: the page asks for the few rows that it draws, so a
 * million lines cost it nothing.
 */
export class LineStore {
  readonly #limit: number;
  #lines: Line[] = [];
  /** Indexes of what the filter shows; undefined when that is everything. */
  #shown: number[] | undefined;
  #test: (line: Line) => boolean = () => true;
  #dropped = 0;

  /** @param limit of lines; with more the oldest go, a tenth at a time. */
  constructor(limit = 2_000_000) {
    this.#limit = limit;
  }

  /** Lines that the filter shows. */
  get count(): number {
    return this.#shown?.length ?? this.#lines.length;
  }

  get total(): number {
    return this.#lines.length;
  }

  /** Lines that went because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  get first(): Line | undefined {
    return this.#lines[0];
  }

  get last(): Line | undefined {
    return this.#lines.at(-1);
  }

  append(lines: readonly Line[]): void {
    for (const line of lines) {
      if (this.#shown !== undefined && this.#test(line)) this.#shown.push(this.#lines.length);
      this.#lines.push(line);
    }
    if (this.#lines.length > this.#limit) this.#dropOldest();
  }

  /** What came before the first line. */
  prepend(lines: readonly Line[]): void {
    if (lines.length === 0) return;
    this.#lines = [...lines, ...this.#lines];
    this.#index();
  }

  filter(filter: LineFilter): void {
    const all = filter.text === "" && filter.stream === "all" && filter.since === "";
    this.#test = lineTest(filter);
    this.#shown = all ? undefined : [];
    this.#index();
  }

  /** Of the lines that the filter shows. */
  rows(from: number, to: number): readonly Line[] {
    if (this.#shown === undefined) return this.#lines.slice(Math.max(0, from), to);
    return this.#shown.slice(Math.max(0, from), to).map((index) => this.#lines[index]!);
  }

  /** Index among the shown lines of the next one that contains `text` after `from`, around the end; -1 when there is none. */
  find(text: string, from: number, backwards: boolean): number {
    const test = lineTest({ ...NO_FILTER, text });
    const count = this.count;
    for (let step = 1; step <= count; step++) {
      const index = (((from + (backwards ? -step : step)) % count) + count) % count;
      const line = this.#lines[this.#shown?.[index] ?? index];
      if (line !== undefined && test(line)) return index;
    }
    return -1;
  }

  clear(): void {
    this.#lines = [];
    this.#dropped = 0;
    this.#index();
  }

  *texts(): Generator<string, void, undefined> {
    for (let index = 0; index < this.count; index++) {
      const line = this.#lines[this.#shown?.[index] ?? index];
      if (line !== undefined) yield withoutEscapes(line.text);
    }
  }

  #dropOldest(): void {
    const excess = Math.max(this.#lines.length - this.#limit, Math.floor(this.#limit / 10));
    this.#lines.splice(0, excess);
    this.#dropped += excess;
    this.#index();
  }

  #index(): void {
    if (this.#shown === undefined) return;
    this.#shown = [];
    for (const [index, line] of this.#lines.entries()) if (this.#test(line)) this.#shown.push(index);
  }
}
