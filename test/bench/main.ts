/**
 * npm run bench [-- --only NAME… [--write]] [--runs N]: our engine beside dockerd, in one run. Needs root and the docker CLI.
 * npm run bench -- extension: the extension, in a real editor.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { output } from "../support/process.ts";
import { COMMANDS, commandRow, listRows, memoryRows, type Row } from "./cases.ts";
import { copyUpRow } from "./copy-up.ts";
import { dnsRows } from "./dns.ts";
import { EngineProcess } from "./engine-process.ts";
import { networkRows } from "./network.ts";
import { peers } from "./peers.ts";
import { table, writeResults } from "./report.ts";
import { runcRow } from "./runc-floor.ts";
import { throughputRows } from "./throughput.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string", multiple: true },
    runs: { type: "string", default: "20" },
    write: { type: "boolean" },
  },
});
const runs = Number(flags.runs);
const only = flags.only && [...flags.only, ...positionals];
const wanted = (name: string): boolean => only === undefined || only.includes(name);

if (only === undefined && positionals[0] === "extension") await import("./extension.ts");
else await engines();

async function engines(): Promise<void> {
  const disk = await mkdtemp(join(tmpdir(), "slipway-bench-"));
  await output("mount", ["-t", "tmpfs", "-o", "size=4g", "slipway-bench", disk]);
  try {
    await using stack = new AsyncDisposableStack();
    const all = [stack.use(await EngineProcess.ours(disk))];
    for (const peer of await peers()) all.push(stack.use(await EngineProcess.peer(disk, peer)));
    const names = all.map(({ name }) => name);
    const rows: Row[] = [];
    // Memory first: an engine that has just started is what an idle one looks like.
    if (wanted("memory")) rows.push(...(await memoryRows(all)));
    for (const command of COMMANDS) if (wanted(command.name)) rows.push(await commandRow(command, all, runs));
    const [ours] = all;
    const floor = wanted("runc") && ours !== undefined ? await runcRow(ours, runs) : undefined;
    if (floor !== undefined) rows.push(floor);
    if (wanted("list")) rows.push(...(await listRows(all)));
    if (wanted("dns")) rows.push(...(await dnsRows(all, disk)));
    if (wanted("network")) rows.push(...(await networkRows(all, runs)));
    if (wanted("throughput")) rows.push(...(await throughputRows(all)));
    if (wanted("copy-up")) rows.push(await copyUpRow(all, runs));
    console.log(`\n${table(rows, names)}\n`);
    if (flags.only === undefined || flags.write) console.log(`written to ${writeResults(rows, names, runs)}`);
  } finally {
    await output("umount", ["-l", disk]);
    await rm(disk, { recursive: true, force: true });
  }
}
