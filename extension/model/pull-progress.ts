import type { Progress } from "../../sdk/index.ts";
import { sizeText } from "./sizes.ts";

interface Layer {
  status: string;
  current: number;
  total: number;
}

/** What a pull or push has done so far, summed over its layers. */
export class PullProgress {
  readonly #layers = new Map<string, Layer>();
  #said = "";

  take(step: Progress): void {
    if (step.kind === "status" && step.id === undefined) this.#said = step.status;
    if ((step.kind !== "status" && step.kind !== "progress") || step.id === undefined) return;
    // The tag has a line of its own, which is no layer's.
    if (step.status.startsWith("Pulling from")) return;
    const layer = this.#layers.get(step.id) ?? { status: "", current: 0, total: 0 };
    layer.status = step.status;
    if (step.kind === "progress" && /^(download|push)/i.test(step.status)) {
      layer.current = step.current;
      layer.total = Math.max(step.total ?? 0, layer.total);
    }
    if (/complete|exists|pushed/i.test(step.status)) layer.current = layer.total;
    this.#layers.set(step.id, layer);
  }

  /** 0 to 1, as far as sizes are known. */
  get fraction(): number {
    const layers = [...this.#layers.values()];
    const total = layers.reduce((sum, layer) => sum + layer.total, 0);
    const current = layers.reduce((sum, layer) => sum + layer.current, 0);
    return total === 0 ? 0 : current / total;
  }

  get text(): string {
    const layers = [...this.#layers.values()];
    const done = layers.filter(({ status }) => /pull complete|exists|pushed/i.test(status)).length;
    const total = layers.reduce((sum, layer) => sum + layer.total, 0);
    if (layers.length === 0) return this.#said;
    const current = layers.reduce((sum, layer) => sum + layer.current, 0);
    const bytes = total === 0 ? "" : `, ${sizeText(current)} / ${sizeText(total)}`;
    return `${done}/${layers.length}${bytes}`;
  }
}
