import type { ProgressMessage } from "../contract/index.ts";
import { Operation, progressOf, type Progress } from "./operation.ts";

type Messages = AsyncGenerator<ProgressMessage, void, undefined>;

/**
 * An operation over the engine's progress stream. `open` begins the work under a signal that is aborted when `signal` is, or when the
 * operation is abandoned; `result` is asked after the last line, with all results (`aux`) and texts (`stream`) that came.
 */
export function progressOperation<T>(
  open: (signal: AbortSignal) => Promise<Messages> | Messages,
  result: (seen: SeenProgress) => Promise<T> | T,
  signal?: AbortSignal,
): Operation<T> {
  const abandoned = new AbortController();
  const either = signal === undefined ? abandoned.signal : AbortSignal.any([signal, abandoned.signal]);
  return new Operation(steps(open, result, either), () => abandoned.abort());
}

/** Results, and the last texts: a bounded part of what a stream says. */
export interface SeenProgress {
  readonly aux: readonly Readonly<Record<string, unknown>>[];
  readonly texts: readonly string[];
}

const MAX_KEPT = 1000;

async function* steps<T>(
  open: (signal: AbortSignal) => Promise<Messages> | Messages,
  result: (seen: SeenProgress) => Promise<T> | T,
  signal: AbortSignal,
): AsyncGenerator<Progress, T, undefined> {
  const aux: Readonly<Record<string, unknown>>[] = [];
  const texts: string[] = [];
  signal.throwIfAborted();
  for await (const message of await open(signal)) {
    const step = progressOf(message);
    if (step.kind === "aux" && aux.push(step.value) > MAX_KEPT) aux.shift();
    if (step.kind === "stream" && texts.push(step.text) > MAX_KEPT) texts.shift();
    yield step;
  }
  return await result({ aux, texts });
}
