import { DnsLoad, type DnsLoadResult } from "../support/dns-load.ts";
import { api } from "../support/http.ts";
import type { Row } from "./cases.ts";
import type { EngineProcess } from "./engine-process.ts";
import { median } from "./measure.ts";

const NETWORK = "bench-dns";
const NAMES = ["bench-dns-asker", "bench-dns-asked"] as const;
const SECONDS = 2;
const IN_FLIGHT = 16;
/** What a busy container asks; below what any of the engines can answer. */
const STEADY = 5000;
const ROUNDS = 5;

/** One container that asks for the name of another: as fast as it is answered, and at a steady rate. */
export async function dnsRows(engines: readonly EngineProcess[], disk: string): Promise<readonly Row[]> {
  const program = await DnsLoad.build(disk);
  const pids = await Promise.all(engines.map(setUp));
  const measured = new Map<string, { readonly fast: DnsLoadResult[]; readonly steady: DnsLoadResult[] }>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, { name }] of engines.entries()) {
      const each = measured.get(name) ?? { fast: [], steady: [] };
      measured.set(name, each);
      each.fast.push(await load(program, pids[at] ?? 0, 0));
      each.steady.push(await load(program, pids[at] ?? 0, STEADY));
    }
  }
  await Promise.all(engines.map(tearDown));
  const row = (work: string, unit: Row["unit"], bar: string, value: (name: string) => number): Row => ({
    work,
    unit,
    values: Object.fromEntries(engines.map(({ name }) => [name, value(name)])),
    bar,
  });
  const of = (name: string, kind: "fast" | "steady", value: (load: DnsLoadResult) => number): number =>
    median((measured.get(name)?.[kind] ?? []).map(value));
  return [
    row(`DNS: queries of one container, ${IN_FLIGHT} in flight`, "1/s", ">= 2", (name) =>
      of(name, "fast", (l) => l.rate),
    ),
    row("DNS: p99 of these", "ms", "<= 0.5", (name) => of(name, "fast", (l) => l.p99 / 1000)),
    row(`DNS: p99 at ${STEADY} a second`, "ms", "<= 0.5", (name) => of(name, "steady", (l) => l.p99 / 1000)),
  ];
}

/** @returns the pid of the container that asks. */
async function setUp({ name, socket }: EngineProcess): Promise<number> {
  const post = async (path: string, body: unknown): Promise<void> => {
    const { status, text } = await api(socket, "POST", path, { body });
    if (status > 299) throw new Error(`${name}: ${path} answered ${status}: ${text}`);
  };
  await post("/networks/create", { Name: NETWORK });
  for (const container of NAMES) {
    const HostConfig = { NetworkMode: NETWORK };
    await post(`/containers/create?name=${container}`, { Image: "busybox", Cmd: ["sleep", "100000"], HostConfig });
    await post(`/containers/${container}/start`, undefined);
  }
  const { text } = await api(socket, "GET", `/containers/${NAMES[0]}/json`);
  return (JSON.parse(text) as { State: { Pid: number } }).State.Pid;
}

async function load(program: DnsLoad, pid: number, rate: number): Promise<DnsLoadResult> {
  const result = await program.run(pid, NAMES[1], { seconds: SECONDS, inFlight: IN_FLIGHT, rate });
  if (result.bad > 0) console.log(`${result.bad} queries without a good answer`);
  return result;
}

async function tearDown({ socket }: EngineProcess): Promise<void> {
  for (const container of NAMES) await api(socket, "DELETE", `/containers/${container}?force=1`);
  await api(socket, "DELETE", `/networks/${NETWORK}`);
}
