import { errnoOf } from "../../base/errors.ts";

const ROUNDS = 100;

/**
 * SIGKILL to every process that `list` names, until it names none that was not killed before. A process can fork between
 * the list and the signal; its child shows up in the next round, and the parent no longer forks.
 */
export function killEach(list: () => readonly number[]): void {
  const killed = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    const fresh = list().filter((pid) => pid > 0 && !killed.has(pid));
    if (fresh.length === 0) return;
    for (const pid of fresh) {
      killed.add(pid);
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        if (errnoOf(error) !== "ESRCH") throw error;
      }
    }
  }
}
