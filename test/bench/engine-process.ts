/** An engine under measurement: ours or a dockerd, in a network namespace of its own, its roots on the shared tmpfs. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { busyboxArchive } from "../support/busybox-image.ts";
import { DAEMON_PROGRAM } from "../support/daemon.ts";
import { api } from "../support/http.ts";
import { output } from "../support/process.ts";
import type { Peer } from "./peers.ts";

const LOG_TAIL_CHARACTERS = 4000;

export class EngineProcess implements AsyncDisposable {
  readonly name: string;
  readonly root: string;
  readonly socket: string;
  readonly #netns: string;
  readonly #child: ChildProcess;

  private constructor(name: string, root: string, netns: string, child: ChildProcess) {
    this.name = name;
    this.root = root;
    this.socket = join(root, "engine.sock");
    this.#netns = netns;
    this.#child = child;
  }

  static ours(disk: string): Promise<EngineProcess> {
    return EngineProcess.#start("slipway", disk, [process.execPath, DAEMON_PROGRAM], "");
  }

  static peer(disk: string, peer: Peer): Promise<EngineProcess> {
    return EngineProcess.#start(peer.name, disk, ["dockerd", "--storage-driver", "overlay2"], `${peer.path}:`);
  }

  static async #start(name: string, disk: string, program: readonly string[], path: string): Promise<EngineProcess> {
    const key = name.replaceAll(/[^a-z0-9]+/g, "-");
    const root = join(disk, key);
    mkdirSync(join(root, "cli"), { recursive: true });
    const netns = `bench-${key}-${process.pid}`;
    await output("ip", ["netns", "add", netns]);
    await output("nsenter", [`--net=/run/netns/${netns}`, "ip", "link", "set", "lo", "up"]);
    const flags = [
      "--data-root",
      join(root, "data"),
      "--exec-root",
      join(root, "exec"),
      "--pidfile",
      join(root, "pid"),
    ];
    const listen = ["-H", `unix://${join(root, "engine.sock")}`];
    // nsenter, not `ip netns exec`: that remounts /sys and hides the cgroups.
    const child = spawn("nsenter", [`--net=/run/netns/${netns}`, ...program, ...flags, ...listen], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, PATH: `${path}${process.env["PATH"] ?? ""}` },
    });
    const engine = new EngineProcess(name, root, netns, child);
    await untilReady(child.stderr, join(root, "log"), name);
    const loaded = await api(engine.socket, "POST", "/images/load?quiet=1", { body: busyboxArchive() });
    if (loaded.status !== 200) throw new Error(`${name}: load answered ${loaded.status}: ${loaded.text}`);
    return engine;
  }

  /** Path of its network namespace, which is its host's. */
  get namespace(): string {
    return `/run/netns/${this.#netns}`;
  }

  get env(): Readonly<Record<string, string>> {
    return { DOCKER_HOST: `unix://${this.socket}`, DOCKER_CONFIG: join(this.root, "cli"), DOCKER_CLI_HINTS: "false" };
  }

  /** The engine's own processes, shims included and containers not: those that name its roots on their command line. */
  memory(): { readonly rss: number; readonly pss: number; readonly processes: number } {
    let rss = 0;
    let pss = 0;
    let processes = 0;
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const rollup = this.#isOwn(pid) ? read(`/proc/${pid}/smaps_rollup`) : "";
      if (rollup === "") continue;
      processes++;
      rss += 1024 * Number(/^Rss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
      pss += 1024 * Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
    }
    return { rss, pss, processes };
  }

  #isOwn(pid: string): boolean {
    return pid === String(this.#child.pid) || read(`/proc/${pid}/cmdline`).includes(`${this.root}/`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const containers = await api(this.socket, "GET", "/containers/json?all=1");
    for (const { Id } of JSON.parse(containers.text) as { Id: string }[])
      await api(this.socket, "DELETE", `/containers/${Id}?force=1`);
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
    await output("ip", ["netns", "del", this.#netns]);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it ended meanwhile
  }
}

/** Both kinds of engine say so in their log. Its socket is no sign: dockerd binds it long before it listens. */
const READY = /API listen on|msg=ready/;

/** Resolves when the engine listens; its log goes on into `path`. */
async function untilReady(log: Readable, path: string, name: string): Promise<void> {
  const file = createWriteStream(path, { flags: "a" });
  const ready = Promise.withResolvers<void>();
  let text = "";
  log.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-LOG_TAIL_CHARACTERS);
    if (READY.test(text)) ready.resolve();
  });
  log.on("end", () => ready.reject(new Error(`${name} did not start:\n${text}`)));
  log.pipe(file);
  await ready.promise;
}
