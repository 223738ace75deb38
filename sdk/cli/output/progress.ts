import type { ProgressMessage } from "../../contract/index.ts";
import type { OutputStream } from "../context.ts";
import { humanSize } from "../flags/units.ts";

const BAR_COLUMNS = 50;
/** A narrower terminal gets the numbers without the bar. */
const WIDE = 110;

/**
 * Shows the progress of a pull, push, load or import as docker does: in a terminal one line a layer, drawn anew when it changes; else
 * one line a change of state. `onAux` gets the results for programs.
 * @throws Error with the error that the engine tells in the stream.
 */
export async function showProgress(
  steps: AsyncIterable<ProgressMessage>,
  out: OutputStream,
  onAux: (aux: unknown) => void = () => undefined,
): Promise<void> {
  /** Line of each layer since the last sentence about the whole. */
  const lines = new Map<string, number>();
  for await (const step of steps) {
    if (step.errorDetail || step.error) throw new Error(step.errorDetail?.message ?? step.error ?? "unknown error");
    if (step.aux !== undefined && step.aux !== null) {
      onAux(step.aux);
      continue;
    }
    out.write(out.isTTY ? terminalText(step, lines, out.columns ?? 80) : plainText(step));
  }
}

function plainText(step: ProgressMessage): string {
  if (step.stream) return step.stream;
  if (progressBar(step, WIDE) !== "") return "";
  return `${step.id ? `${step.id}: ` : ""}${step.status ?? ""}\n`;
}

/** The text and the moves of the cursor that put it on the line of its layer, and back below the last one. */
function terminalText(step: ProgressMessage, lines: Map<string, number>, columns: number): string {
  if (!step.id) {
    lines.clear();
    return step.stream ? step.stream : `${step.status ?? ""}\n`;
  }
  const before = lines.has(step.id) ? "" : "\n";
  if (before !== "") lines.set(step.id, lines.size);
  const distance = lines.size - lines.get(step.id)!;
  const bar = progressBar(step, columns);
  const text = `\x1b[2K\r${step.id}: ${step.status ?? ""}${bar === "" ? "" : ` ${bar}`}`;
  return `${before}\x1b[${distance}A${text}\r\x1b[${distance}B`;
}

/** `[=====>     ]  1.2MB/3.4MB`, or nothing where there is nothing to measure. */
export function progressBar({ progressDetail }: ProgressMessage, columns: number): string {
  const { current = 0, total = 0 } = progressDetail ?? {};
  if (current <= 0 && total <= 0) return "";
  if (total <= 0) return humanSize(current).padStart(8);
  const done = Math.min(Math.floor((current / total) * BAR_COLUMNS), BAR_COLUMNS);
  const head = done === BAR_COLUMNS ? ">" : `>${" ".repeat(BAR_COLUMNS - done)}`;
  const bar = columns > WIDE ? `[${"=".repeat(done)}${head}] ` : "";
  const of = current > total ? "" : `/${humanSize(total)}`;
  return `${bar}${humanSize(current).padStart(8)}${of}`;
}
