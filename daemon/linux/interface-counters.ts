import { readFileSync } from "node:fs";
import { errnoOf } from "../base/errors.ts";

/** Since the interface was made, as its namespace counts them. */
export interface LinkCounters {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

/** Interfaces of a process's network namespace by name, without lo. Empty when the process is gone. */
export function interfaceCounters(pid: number): Readonly<Record<string, LinkCounters>> {
  try {
    return parseInterfaceCounters(readFileSync(`/proc/${pid}/net/dev`, "utf8"));
  } catch (error) {
    const code = errnoOf(error);
    if (code === "ENOENT" || code === "ESRCH" || code === "EINVAL") return {};
    throw error;
  }
}

/** @param table proc_pid_net(5): two lines of headings, then `name: ` with 16 numbers. */
export function parseInterfaceCounters(table: string): Readonly<Record<string, LinkCounters>> {
  const counters: Record<string, LinkCounters> = {};
  for (const line of table.split("\n").slice(2)) {
    const colon = line.lastIndexOf(":");
    if (colon < 0) continue;
    const name = line.slice(0, colon).trim();
    if (name !== "lo")
      counters[name] = countersOf(
        line
          .slice(colon + 1)
          .trim()
          .split(/\s+/)
          .map(Number),
      );
  }
  return counters;
}

function countersOf(fields: readonly number[]): LinkCounters {
  const at = (index: number): number => fields[index] ?? 0;
  return {
    rxBytes: at(0),
    rxPackets: at(1),
    rxErrors: at(2),
    rxDropped: at(3),
    txBytes: at(8),
    txPackets: at(9),
    txErrors: at(10),
    txDropped: at(11),
  };
}
