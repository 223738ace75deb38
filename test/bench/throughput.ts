import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { api } from "../support/http.ts";
import { output, said } from "../support/process.ts";
import type { Row } from "./cases.ts";
import type { EngineProcess } from "./engine-process.ts";
import { median } from "./measure.ts";

const NETWORK = "bench-throughput";
const PORT = 5201;
/** Not published. */
const BARE_PORT = 5202;
const SECONDS = "1";
const ROUNDS = 20;
const GIGA = 1e9;
/**
 * BBR sets a timer for every 64 KiB, which on the way to a neighbour of the same machine is most of the work: where the host has it, all is
 * measured again as on hosts with the kernel's own default, cubic. A network namespace may have reno, which is the same without losses.
 */
const PACING = "bbr";
const WITHOUT_PACING = "reno";

type From = "client" | "host";
interface Way {
  readonly work: string;
  readonly bar: string;
  readonly from: From;
  readonly to: (place: Place) => string;
}

const WAYS: readonly Way[] = [
  { work: "iperf3, container to container", bar: ">= 0.98", from: "client", to: ({ address }) => address },
  { work: "iperf3, host to published port", bar: ">= 0.98", from: "host", to: ({ gateway }) => gateway },
  { work: "iperf3, loopback to published port", bar: ">= 2", from: "host", to: () => "127.0.0.1" },
];

interface Place {
  readonly engine: EngineProcess;
  /** Network namespaces. */
  readonly namespaces: Readonly<Record<From, string>>;
  /** Of the server's container. */
  readonly address: string;
  readonly gateway: string;
}

/** What goes through a bridge and a published port, as iperf3 counts it. Its server runs in a container's network. */
export async function throughputRows(engines: readonly EngineProcess[]): Promise<readonly Row[]> {
  if (!existsSync("/usr/bin/iperf3")) {
    console.log("without throughput: there is no iperf3 (apt-get install iperf3)");
    return [];
  }
  await using stack = new AsyncDisposableStack();
  const places = await Promise.all(engines.map((engine) => setUp(engine, stack)));
  const [ours] = engines;
  const ways = async (label: string): Promise<readonly Row[]> => [
    ...(await waysOf(places, label)),
    ...(ours === undefined ? [] : [await bareRow(ours, label)]),
  ];
  if (ours !== undefined) await serve(ours.namespace, BARE_PORT, stack);
  const rows = await ways("");
  if (readFileSync("/proc/sys/net/ipv4/tcp_congestion_control", "utf8").trim() !== PACING) return rows;
  for (const { namespaces } of places)
    for (const namespace of Object.values(namespaces))
      await output("nsenter", [
        `--net=${namespace}`,
        "sysctl",
        "-qw",
        `net.ipv4.tcp_congestion_control=${WITHOUT_PACING}`,
      ]);
  return [...rows, ...(await ways(", without pacing"))];
}

async function waysOf(places: readonly Place[], label: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { work, bar, from, to } of WAYS) {
    const measured = new Map<string, number[]>(places.map(({ engine }) => [engine.name, []]));
    for (let round = 0; round < ROUNDS; round++)
      for (const place of places)
        measured.get(place.engine.name)?.push(await throughput(place.namespaces[from], to(place), PORT));
    const values = Object.fromEntries([...measured].map(([name, each]) => [name, median(each) / GIGA]));
    rows.push({ work: `${work}${label}`, unit: "Gbit/s", values, bar });
  }
  return rows;
}

/** The ceiling: what the kernel's own loopback carries between two processes, without an engine. */
async function bareRow({ name, namespace }: EngineProcess, label: string): Promise<Row> {
  const measured: number[] = [];
  for (let round = 0; round < ROUNDS; round++) measured.push(await throughput(namespace, "127.0.0.1", BARE_PORT));
  const work = `iperf3, loopback without an engine${label}`;
  return { work, unit: "Gbit/s", values: { [name]: median(measured) / GIGA }, bar: "a ceiling" };
}

async function throughput(namespace: string, address: string, port: number): Promise<number> {
  const client = ["iperf3", "-c", address, "-p", String(port), "-t", SECONDS, "-J"];
  const result = JSON.parse(await output("nsenter", [`--net=${namespace}`, ...client])) as {
    error?: string;
    end: { sum_received?: { bits_per_second: number } };
  };
  const { sum_received: received } = result.end;
  if (received === undefined) throw new Error(`iperf3 to ${address}: ${result.error ?? "no result"}`);
  return received.bits_per_second;
}

async function setUp(engine: EngineProcess, stack: AsyncDisposableStack): Promise<Place> {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const { status, text } = await api(engine.socket, method, path, { body });
    if (status > 299) throw new Error(`${engine.name}: ${path} answered ${status}: ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  };
  await call("POST", "/networks/create", { Name: NETWORK });
  stack.defer(async () => await call("DELETE", `/networks/${NETWORK}`));
  const pidOf = async (name: string, more: object): Promise<number> => {
    const HostConfig = { NetworkMode: NETWORK, ...more };
    // dockerd publishes what is exposed too.
    const ExposedPorts = { [`${PORT}/tcp`]: {} };
    const body = { Image: "busybox", Cmd: ["sleep", "100000"], ExposedPorts, HostConfig };
    await call("POST", `/containers/create?name=${name}`, body);
    stack.defer(async () => await call("DELETE", `/containers/${name}?force=1`));
    await call("POST", `/containers/${name}/start`);
    return (await call<{ State: { Pid: number } }>("GET", `/containers/${name}/json`)).State.Pid;
  };
  const client = await pidOf("bench-throughput-client", {});
  const bindings = { PortBindings: { [`${PORT}/tcp`]: [{ HostPort: String(PORT) }] } };
  const server = await pidOf("bench-throughput-server", bindings);
  await serve(`/proc/${server}/ns/net`, PORT, stack);
  const { NetworkSettings } = await call<{
    NetworkSettings: { Networks: Record<string, { IPAddress: string; Gateway: string }> };
  }>("GET", "/containers/bench-throughput-server/json");
  const { IPAddress: address = "", Gateway: gateway = "" } = NetworkSettings.Networks[NETWORK] ?? {};
  return { engine, namespaces: { client: `/proc/${client}/ns/net`, host: engine.namespace }, address, gateway };
}

/** Resolves when it listens. */
async function serve(namespace: string, port: number, stack: AsyncDisposableStack): Promise<void> {
  const server = ["iperf3", "-s", "-p", String(port), "--forceflush"];
  const child = spawn("nsenter", [`--net=${namespace}`, ...server], { stdio: ["ignore", "pipe", "inherit"] });
  stack.defer(async () => {
    const ended = once(child, "exit");
    child.kill();
    await ended;
  });
  await said(child.stdout, /Server listening/);
}
