/** ANSI colours as spans. Text goes in as text: a log cannot bring markup. */

interface Style {
  foreground: string;
  background: string;
  readonly flags: Set<string>;
}

const FLAGS: Readonly<Record<number, string>> = {
  1: "bold",
  2: "dim",
  3: "italic",
  4: "underline",
  7: "inverse",
  9: "struck",
};
const OFF: Readonly<Record<number, readonly string[]>> = {
  22: ["bold", "dim"],
  23: ["italic"],
  24: ["underline"],
  27: ["inverse"],
  29: ["struck"],
};

/** Fills `line` with the text; escapes other than colours are left out. */
export function drawAnsi(line: HTMLElement, text: string): void {
  if (!text.includes("\x1b")) {
    line.textContent = text;
    return;
  }
  const style: Style = { foreground: "", background: "", flags: new Set() };
  const parts = text.split(/\x1b(?:\[([0-9;:?]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)/);
  const spans: Node[] = [];
  for (let index = 0; index < parts.length; index += 3) {
    const piece = parts[index] ?? "";
    if (piece !== "") spans.push(span(piece, style));
    if (parts[index + 2] === "m") apply(style, parts[index + 1] ?? "");
  }
  line.replaceChildren(...spans);
}

function apply(style: Style, codes: string): void {
  const numbers = codes.split(/[;:]/).map(Number);
  for (let index = 0; index < numbers.length; index++) {
    const code = numbers[index] ?? 0;
    if (code === 0) Object.assign(style, { foreground: "", background: "" }, void style.flags.clear());
    else if (FLAGS[code] !== undefined) style.flags.add(FLAGS[code]);
    else if (OFF[code] !== undefined) OFF[code].forEach((flag) => style.flags.delete(flag));
    else if (code === 38 || code === 48) {
      const [color, used] = longColor(numbers.slice(index + 1));
      style[code === 38 ? "foreground" : "background"] = color;
      index += used;
    } else if (code === 39) style.foreground = "";
    else if (code === 49) style.background = "";
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) style.foreground = named(code % 10, code >= 90);
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107))
      style.background = named(code % 10, code >= 100);
  }
}

const NAMES = ["Black", "Red", "Green", "Yellow", "Blue", "Magenta", "Cyan", "White"] as const;

/** The colours of the user's terminal. */
function named(number: number, bright: boolean): string {
  return `var(--vscode-terminal-ansi${bright ? "Bright" : ""}${NAMES[number]})`;
}

/** `5;N` of the 256 colours, or `2;R;G;B`. @returns the colour and how many numbers it took */
function longColor([kind, a = 0, b = 0, c = 0]: readonly number[]): readonly [string, number] {
  if (kind === 2) return [`rgb(${a}, ${b}, ${c})`, 4];
  if (kind !== 5) return ["", 1];
  if (a < 16) return [named(a % 8, a > 7), 2];
  if (a > 231)
    return [
      `rgb(${Array(3)
        .fill(8 + (a - 232) * 10)
        .join(", ")})`,
      2,
    ];
  const level = (n: number): number => (n === 0 ? 0 : 55 + n * 40);
  const cube = a - 16;
  return [`rgb(${level(Math.floor(cube / 36))}, ${level(Math.floor(cube / 6) % 6)}, ${level(cube % 6)})`, 2];
}

function span(text: string, { foreground, background, flags }: Style): Node {
  if (foreground === "" && background === "" && flags.size === 0) return document.createTextNode(text);
  const element = document.createElement("span");
  element.textContent = text;
  element.className = [...flags].join(" ");
  // By the object model, which the page's policy allows, and not by an attribute, which it forbids.
  const inverse = flags.has("inverse");
  element.style.color = inverse ? background || "var(--vscode-editor-background)" : foreground;
  element.style.backgroundColor = inverse ? foreground || "var(--vscode-editor-foreground)" : background;
  return element;
}
