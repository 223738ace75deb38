/** Go's text/tabwriter as docker sets it: cells of at least 10 columns, 3 of padding, and one block a run of lines with that cell. */
const MIN_WIDTH = 10;
const PADDING = 3;

/** Aligns the tab-separated cells of lines. The last cell of a line is not padded. */
export function tabulate(lines: readonly string[], minWidth = MIN_WIDTH, padding = PADDING): string {
  const rows = lines.map((line) => line.split("\t"));
  const widths = rows.map((row) => row.map(() => 0));
  const columns = Math.max(0, ...rows.map((row) => row.length));
  for (let column = 0; column < columns - 1; column++) {
    for (let start = 0; start < rows.length;) {
      // A cell is part of a column when a tab ends it.
      let end = start;
      let width = 0;
      while (end < rows.length && rows[end]!.length > column + 1) {
        width = Math.max(width, displayWidth(rows[end]![column]!) + padding, minWidth);
        end++;
      }
      for (let at = start; at < end; at++) widths[at]![column] = width;
      start = Math.max(end, start + 1);
    }
  }
  return rows.map((row, at) => row.map((cell, column) => pad(cell, widths[at]![column]!)).join("") + "\n").join("");
}

function pad(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - displayWidth(cell)));
}

/** tabwriter counts code points. */
function displayWidth(text: string): number {
  return [...text].length;
}
