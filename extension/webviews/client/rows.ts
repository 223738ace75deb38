import type { Line } from "../../model/line-store.ts";
import { drawAnsi } from "./ansi.ts";

/** Browsers give up on elements that are higher. */
const MAX_PIXELS = 15_000_000;
const SPARE_ROWS = 60;

export interface RowsDeps {
  readonly scroller: HTMLElement;
  readonly space: HTMLElement;
  readonly rows: HTMLElement;
  readonly ask: (from: number, to: number) => void;
}

/** Draws only the rows that are seen, and a few around them, of a log of any length. */
export class Rows {
  readonly #deps: RowsDeps;
  readonly #height: number;
  #count = 0;
  #from = 0;
  #lines: readonly Line[] = [];
  #marked = -1;
  showTimes = false;

  constructor(deps: RowsDeps) {
    this.#deps = deps;
    this.#height = rowHeight(deps.rows);
    deps.scroller.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(deps.scroller);
  }

  get count(): number {
    return this.#count;
  }

  /** The first row that is seen. */
  get top(): number {
    const { scrollTop } = this.#deps.scroller;
    return Math.floor((scrollTop / this.#pixels) * this.#count) || 0;
  }

  get #pixels(): number {
    return Math.max(1, Math.min(this.#count * this.#height, MAX_PIXELS));
  }

  get #visible(): number {
    return Math.ceil(this.#deps.scroller.clientHeight / this.#height) + 1;
  }

  set(count: number, renumbered: boolean): void {
    this.#count = count;
    this.#deps.space.style.height = `${this.#pixels}px`;
    if (renumbered) this.#lines = [];
    this.draw();
  }

  /** Rows that were asked for. */
  take(from: number, lines: readonly Line[]): void {
    this.#from = from;
    this.#lines = lines;
    this.draw();
  }

  toEnd(): void {
    this.#deps.scroller.scrollTop = this.#deps.space.offsetHeight;
  }

  /** Scrolls to a row and marks it. */
  reveal(index: number): void {
    this.#marked = index;
    const { scroller } = this.#deps;
    const middle = Math.max(0, index - Math.floor(this.#visible / 2));
    scroller.scrollTop = (middle / Math.max(1, this.#count)) * this.#pixels;
    this.draw();
  }

  redraw(): void {
    this.draw();
  }

  draw(): void {
    const first = Math.min(this.top, Math.max(0, this.#count - this.#visible + 1));
    const last = Math.min(this.#count, first + this.#visible);
    const known = first >= this.#from && last <= this.#from + this.#lines.length;
    if (!known) this.#deps.ask(Math.max(0, first - SPARE_ROWS), Math.min(this.#count, last + SPARE_ROWS));
    const lines = this.#lines.slice(Math.max(0, first - this.#from), Math.max(0, last - this.#from));
    const { rows, scroller } = this.#deps;
    rows.style.transform = `translateY(${scroller.scrollTop - (this.#count * this.#height > MAX_PIXELS ? 0 : scroller.scrollTop % this.#height)}px)`;
    rows.replaceChildren(...lines.map((line, index) => this.#row(line, Math.max(first, this.#from) + index)));
    // The last rows end at the bottom, whatever the rounding.
    if (last === this.#count && first > 0)
      rows.style.transform = `translateY(${this.#deps.space.offsetHeight - lines.length * this.#height}px)`;
  }

  #row(line: Line, index: number): HTMLElement {
    const row = document.createElement("div");
    row.className = `row ${line.stream}${index === this.#marked ? " marked" : ""}`;
    if (this.showTimes) {
      const time = document.createElement("time");
      time.textContent = new Date(line.time).toLocaleTimeString([], {
        hour12: false,
        fractionalSecondDigits: 3,
      } as Intl.DateTimeFormatOptions);
      time.title = line.time;
      row.append(time);
    }
    const text = document.createElement("span");
    text.className = "text";
    drawAnsi(text, line.text);
    row.append(text);
    return row;
  }
}

function rowHeight(rows: HTMLElement): number {
  const probe = document.createElement("div");
  probe.className = "row";
  probe.textContent = "x";
  rows.append(probe);
  const height = probe.getBoundingClientRect().height;
  probe.remove();
  return height || 18;
}
