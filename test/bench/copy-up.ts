import { setTimeout } from "node:timers/promises";
import { api } from "../support/http.ts";
import { busyboxLayer } from "../support/busybox-image.ts";
import { tarArchive, type TarEntry } from "../support/tar.ts";
import type { Row } from "./cases.ts";
import type { EngineProcess } from "./engine-process.ts";
import { inTurns, median } from "./measure.ts";

const IMAGE = "bench-copy-up:1";
const FOLDERS = 100;
const FILES = 200;
/** Each file takes longer than a command: a few are enough. */
const RUNS_MAX = 7;
const REMOVAL_MS = 1500;

/** A container with a new volume where its image has 20,000 small files: create, which fills it. */
export async function copyUpRow(engines: readonly EngineProcess[], runs: number): Promise<Row> {
  const archive = Buffer.concat([busyboxLayer().subarray(0, -1024), tarArchive(entries())]);
  for (const { name, socket } of engines) {
    const { status, text } = await api(socket, "POST", `/images/create?fromSrc=-&repo=${IMAGE}`, { body: archive });
    if (status !== 200 || text.includes('"error"')) throw new Error(`${name}: import answered ${status}: ${text}`);
  }
  const subjects = engines.map((engine) => ({ name: engine.name, once: () => fill(engine) }));
  const times = await inTurns(subjects, Math.min(runs, RUNS_MAX));
  return {
    work: `copy-up of ${FOLDERS * FILES} files into a new volume`,
    unit: "ms",
    values: Object.fromEntries([...times].map(([name, each]) => [name, median(each)])),
    bar: "<= 0.6",
  };
}

function entries(): readonly TarEntry[] {
  const folders = Array.from({ length: FOLDERS }, (_, n) => `data/d${n}`);
  return [
    { name: "data/", type: "directory" },
    ...folders.flatMap((folder): readonly TarEntry[] => [
      { name: `${folder}/`, type: "directory" },
      ...Array.from({ length: FILES }, (_, n) => ({ name: `${folder}/f${n}`, data: "x".repeat(20 * n) })),
    ]),
  ];
}

async function fill({ name, socket }: EngineProcess): Promise<number> {
  const body = { Image: IMAGE, Cmd: ["true"], HostConfig: { NetworkMode: "none", Binds: ["bench-copy-up:/data"] } };
  const started = performance.now();
  const { status, text } = await api(socket, "POST", "/containers/create?name=bench-copy-up", { body });
  const elapsed = performance.now() - started;
  if (status !== 201) throw new Error(`${name}: create answered ${status}: ${text}`);
  await api(socket, "DELETE", "/containers/bench-copy-up");
  await api(socket, "DELETE", "/volumes/bench-copy-up");
  // Ours is answered before the files are gone: that must not fall on whoever comes next.
  await setTimeout(REMOVAL_MS);
  return elapsed;
}
