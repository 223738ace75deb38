/** What is measured, and the bar of each (the ratio to a peer, or the absolute value). */
import { setTimeout } from "node:timers/promises";
import { api } from "../support/http.ts";
import { answerTimes } from "./answer-times.ts";
import type { EngineProcess } from "./engine-process.ts";
import { inTurns, median, percentile, timeCommand } from "./measure.ts";

export interface Row {
  readonly work: string;
  readonly unit: "ms" | "MB" | "1/s" | "Gbit/s";
  /** By the engine's name. */
  readonly values: Readonly<Record<string, number>>;
  readonly bar: string;
}

const TARGET = "bench-target";
const STOPPED = 500;
const LIST_REQUESTS = 1000;
/** They warm the code. */
const FIRST_REQUESTS = 20;
const IDLE_CONTAINERS = 10;
const RUNS_BEFORE_IDLE = 20;
const QUIET_MS = 5000;
const MB = 1_000_000;

export const COMMANDS: readonly { readonly name: string; readonly args: readonly string[]; readonly bar: string }[] = [
  { name: "run-bridge", args: ["run", "--rm", "busybox", "true"], bar: "<= 0.35 of 20.10, <= 0.4 of 28" },
  {
    name: "run-none",
    args: ["run", "--rm", "--network", "none", "busybox", "true"],
    bar: "<= 0.35 of 20.10, <= 0.55 of 28",
  },
  { name: "exec", args: ["exec", TARGET, "true"], bar: "<= 0.6" },
  { name: "version", args: ["version"], bar: "the command alone: a floor" },
];

export async function commandRow(
  command: (typeof COMMANDS)[number],
  engines: readonly EngineProcess[],
  runs: number,
): Promise<Row> {
  if (command.name === "exec")
    for (const engine of engines)
      await docker(engine, "run", "-d", "--name", TARGET, "--network", "none", "busybox", "sleep", "100000");
  const subjects = engines.map((engine) => ({ name: engine.name, once: () => docker(engine, ...command.args) }));
  const times = await inTurns(subjects, runs);
  if (command.name === "exec")
    for (const engine of engines) await api(engine.socket, "DELETE", `/containers/${TARGET}?force=1`);
  return {
    work: `docker ${command.args.join(" ")}`,
    unit: "ms",
    values: Object.fromEntries([...times].map(([name, each]) => [name, median(each)])),
    bar: command.bar,
  };
}

const docker = (engine: EngineProcess, ...args: readonly string[]): Promise<number> =>
  timeCommand(["docker", ...args], engine.env);

/**
 * Resident and proportional memory: idle, which is after a load, some runs and a while of quiet, and for each of ten more
 * containers.
 */
export async function memoryRows(engines: readonly EngineProcess[]): Promise<readonly Row[]> {
  const fresh = engines.map((engine) => engine.memory());
  for (const engine of engines)
    for (let run = 0; run < RUNS_BEFORE_IDLE; run++)
      await docker(engine, "run", "--rm", "--network", "none", "busybox", "true");
  await setTimeout(QUIET_MS);
  const idle = engines.map((engine) => engine.memory());
  const names: string[] = Array.from({ length: IDLE_CONTAINERS }, (_, index) => `bench-idle-${index}`);
  for (const engine of engines) {
    for (const name of names)
      await docker(engine, "run", "-d", "--name", name, "--network", "none", "busybox", "sleep", "100000");
  }
  const busy = engines.map((engine) => engine.memory());
  for (const engine of engines)
    for (const name of names) await api(engine.socket, "DELETE", `/containers/${name}?force=1`);
  const row = (work: string, bar: string, value: (index: number) => number): Row => ({
    work,
    unit: "MB",
    values: Object.fromEntries(engines.map((engine, index) => [engine.name, value(index) / MB])),
    bar,
  });
  const one = (key: "rss" | "pss") => (index: number) =>
    ((busy[index]?.[key] ?? 0) - (idle[index]?.[key] ?? 0)) / IDLE_CONTAINERS;
  return [
    row("memory after start and load, resident", "", (index) => fresh[index]?.rss ?? 0),
    row("memory idle, resident", "<= 90 MB", (index) => idle[index]?.rss ?? 0),
    row("memory idle, proportional", "", (index) => idle[index]?.pss ?? 0),
    row("memory of one more container, resident", "<= 1.5 MB", one("rss")),
    row("memory of one more container, proportional", "", one("pss")),
  ];
}

/** `GET /containers/json?all=1` with 500 stopped containers, one request after the other on one connection. */
export async function listRows(engines: readonly EngineProcess[]): Promise<readonly Row[]> {
  const p50: Record<string, number> = {};
  const p99: Record<string, number> = {};
  for (const engine of engines) {
    for (let index = 0; index < STOPPED; index++) {
      const body = { Image: "busybox", Cmd: ["true"], HostConfig: { NetworkMode: "none" } };
      const { status, text } = await api(engine.socket, "POST", `/containers/create?name=stopped-${index}`, { body });
      if (status !== 201) throw new Error(`${engine.name}: create answered ${status}: ${text}`);
    }
    const all = await answerTimes(engine.socket, "/containers/json?all=1", LIST_REQUESTS);
    const times = all.slice(FIRST_REQUESTS);
    p50[engine.name] = percentile(times, 0.5);
    p99[engine.name] = percentile(times, 0.99);
    for (let index = 0; index < STOPPED; index++) await api(engine.socket, "DELETE", `/containers/stopped-${index}`);
  }
  const work = `GET /containers/json with ${STOPPED} stopped containers`;
  return [
    { work: `${work}, p50`, unit: "ms", values: p50, bar: "" },
    { work: `${work}, p99`, unit: "ms", values: p99, bar: "<= 20 ms" },
  ];
}
