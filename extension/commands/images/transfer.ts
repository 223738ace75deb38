import type { App } from "../../app.ts";
import { PullProgress } from "../../model/pull-progress.ts";
import type { Operation } from "../../../sdk/index.ts";

/** Runs a pull, push or load under a notification that can be cancelled; its bar shows the bytes of all layers. */
export async function withTransfer<T>(
  app: App,
  title: string,
  begin: (signal: AbortSignal) => Operation<T>,
): Promise<T> {
  return await app.ui.progress(title, async (report, signal) => {
    const operation = begin(signal);
    const progress = new PullProgress();
    let said = "";
    for await (const step of operation) {
      progress.take(step);
      const text = step.kind === "stream" ? step.text.trim() : progress.text;
      // Hundreds of steps a second say the same.
      if (text !== said) report(text, progress.fraction);
      said = text;
    }
    return await operation;
  });
}
