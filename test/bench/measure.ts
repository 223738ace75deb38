/** Numbers from runs. Times in milliseconds, sizes in bytes. */
import { spawn } from "node:child_process";
import { once } from "node:events";

/** The value below which `share` (0 to 1) of the sorted values lie, by the nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** From the fork to the end of the process. @throws when it ends with anything but 0. */
export async function timeCommand(command: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const [program = "", ...args] = command;
  const started = performance.now();
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [code] = (await once(child, "exit")) as [number | null];
  const elapsed = performance.now() - started;
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${errors}`);
  return elapsed;
}

export interface Subject {
  readonly name: string;
  readonly once: () => Promise<number>;
}

const WARM_UPS = 2;

/**
 * `runs` times each, in turns (A B C A B C …), so that what else the machine does falls on all alike.
 * @returns all times, by subject
 */
export async function inTurns(
  subjects: readonly Subject[],
  runs: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
  for (let round = -WARM_UPS; round < runs; round++) {
    for (const subject of subjects) {
      const elapsed = await subject.once();
      if (round >= 0) times.get(subject.name)?.push(elapsed);
    }
  }
  return times;
}
