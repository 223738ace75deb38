import { api } from "../support/http.ts";
import type { Row } from "./cases.ts";
import type { EngineProcess } from "./engine-process.ts";
import { inTurns, median } from "./measure.ts";

const TIMES = 100;
const MANY = 5;
const NETWORKS = Array.from({ length: MANY }, (_, n) => `bench-net-${n}`);

/** Networks made and removed, joined and left, and a container that starts on five of them and asks its gateway. */
export async function networkRows(engines: readonly EngineProcess[], runs: number): Promise<readonly Row[]> {
  await Promise.all(engines.map(setUp));
  const row = async (work: string, bar: string, once: (engine: EngineProcess) => Promise<void>, times: number) => {
    const subjects = engines.map((engine) => ({ name: engine.name, once: () => timed(() => once(engine)) }));
    const taken = await inTurns(subjects, times);
    const values = Object.fromEntries([...taken].map(([name, each]) => [name, median(each)]));
    return { work, unit: "ms", values, bar } as const;
  };
  const rows = [
    await row(`network create + rm, ${TIMES} times`, "<= 0.3", createAndRemove, 3),
    await row(`connect + disconnect, ${TIMES} times`, "<= 0.3", connectAndDisconnect, 3),
    await row(`container on ${MANY} networks, start to first ping`, "<= 0.4", startAndPing, runs),
  ];
  await Promise.all(engines.map(tearDown));
  return rows;
}

async function timed(body: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}

async function call({ name, socket }: EngineProcess, method: string, path: string, body?: unknown): Promise<void> {
  const { status, text } = await api(socket, method, path, { body });
  if (status > 299) throw new Error(`${name}: ${path} answered ${status}: ${text}`);
}

async function createAndRemove(engine: EngineProcess): Promise<void> {
  for (let n = 0; n < TIMES; n++) {
    await call(engine, "POST", "/networks/create", { Name: "bench-net" });
    await call(engine, "DELETE", "/networks/bench-net");
  }
}

async function connectAndDisconnect(engine: EngineProcess): Promise<void> {
  for (let n = 0; n < TIMES; n++) {
    await call(engine, "POST", "/networks/bench-net-1/connect", { Container: "bench-net-member" });
    await call(engine, "POST", "/networks/bench-net-1/disconnect", { Container: "bench-net-member" });
  }
}

/** It ends when its gateway has answered. */
async function startAndPing(engine: EngineProcess): Promise<void> {
  await call(engine, "POST", "/containers/bench-net-pinger/start");
  await call(engine, "POST", "/containers/bench-net-pinger/wait");
}

async function setUp(engine: EngineProcess): Promise<void> {
  for (const Name of NETWORKS) await call(engine, "POST", "/networks/create", { Name });
  const HostConfig = { NetworkMode: NETWORKS[0] };
  const member = { Image: "busybox", Cmd: ["sleep", "100000"], HostConfig };
  await call(engine, "POST", "/containers/create?name=bench-net-member", member);
  await call(engine, "POST", "/containers/bench-net-member/start");
  const ping = "ping -c1 -W5 $(ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p')";
  const pinger = { Image: "busybox", Cmd: ["sh", "-c", ping], HostConfig };
  await call(engine, "POST", "/containers/create?name=bench-net-pinger", pinger);
  for (const name of NETWORKS.slice(1))
    await call(engine, "POST", `/networks/${name}/connect`, { Container: "bench-net-pinger" });
}

async function tearDown(engine: EngineProcess): Promise<void> {
  for (const name of ["member", "pinger"]) await call(engine, "DELETE", `/containers/bench-net-${name}?force=1`);
  for (const name of NETWORKS) await call(engine, "DELETE", `/networks/${name}`);
}
