/** The floor: `runc run` of the bundle that our engine makes, with the same security settings, and nothing around it. */
import { readFileSync, mkdirSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { busyboxLayer } from "../support/busybox-image.ts";
import { api } from "../support/http.ts";
import { output, run } from "../support/process.ts";
import type { EngineProcess } from "./engine-process.ts";
import { inTurns, median, timeCommand } from "./measure.ts";
import type { Row } from "./cases.ts";

interface Spec {
  process: { args: string[]; terminal: boolean };
  root: { path: string };
  linux: { cgroupsPath?: string; namespaces: { type: string; path?: string }[] };
  hooks?: unknown;
}

export async function runcRow(engine: EngineProcess, runs: number): Promise<Row | undefined> {
  const body = { Image: "busybox", Cmd: ["sleep", "100000"], HostConfig: { NetworkMode: "none" } };
  const { text } = await api(engine.socket, "POST", "/containers/create?name=bench-bundle", { body });
  const { Id } = JSON.parse(text) as { Id: string };
  await api(engine.socket, "POST", `/containers/${Id}/start`);
  const file = (await readdir(engine.root, { recursive: true })).find(
    (path) => path.includes(Id) && path.endsWith("/config.json"),
  );
  if (file === undefined) return undefined;
  const bundle = join(engine.root, "floor");
  mkdirSync(join(bundle, "rootfs"), { recursive: true });
  await run("tar", ["-C", join(bundle, "rootfs"), "-xp"], { input: busyboxLayer() });
  const spec = JSON.parse(readFileSync(join(engine.root, file), "utf8")) as Spec;
  spec.process.args = ["true"];
  spec.process.terminal = false;
  spec.root.path = "rootfs";
  spec.linux.cgroupsPath = "/bench-floor";
  for (const namespace of spec.linux.namespaces) delete namespace.path;
  delete spec.hooks;
  writeFileSync(join(bundle, "config.json"), JSON.stringify(spec));
  let index = 0;
  const state = ["--root", join(engine.root, "floor-state")];
  const once = (): Promise<number> =>
    timeCommand(["runc", ...state, "run", "--bundle", bundle, `floor-${index++}`], {});
  const times = await inTurns([{ name: engine.name, once }], runs);
  await output("runc", [...state, "list"]);
  await api(engine.socket, "DELETE", `/containers/${Id}?force=1`);
  return {
    work: "runc run of the same bundle",
    unit: "ms",
    values: { [engine.name]: median(times.get(engine.name) ?? []) },
    bar: "a floor",
  };
}
