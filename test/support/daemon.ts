/** The built daemon on roots, a socket and a network namespace of its own. */
import { deepEqual } from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createWriteStream } from "node:fs";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { busyboxArchive } from "./busybox-image.ts";
import { api, openApi, type ApiRequest, type ApiResponse } from "./http.ts";
import { leaksOf } from "./leak-guard.ts";
import { output } from "./process.ts";
import { ROOT } from "./source-tree.ts";

/** Another program with the same flags and readiness can be put in its place, to see that a test asks for Docker's own behaviour. */
export const DAEMON_PROGRAM = process.env["SLIPWAY_TEST_PROGRAM"] ?? join(ROOT, "sdk/dist/slipwayd.js");
const READY_FD = 3;
const LOG_TAIL_CHARACTERS = 2000;

export interface DaemonOptions {
  /** More flags, in dockerd's names. */
  readonly args?: readonly string[];
  /** Where the roots are put. /tmp unless told. */
  readonly parent?: string;
  /** Instead of data/ there, which its maker removes. */
  readonly dataRoot?: string;
  /** Loads `busybox:latest`. True unless told. */
  readonly busybox?: boolean;
}

export class TestDaemon implements AsyncDisposable {
  /** Holds data/, exec/, the socket, the log and the docker CLI's config. */
  readonly root: string;
  readonly socket: string;
  readonly netns: string;
  readonly #args: readonly string[];
  readonly #dataRoot: string;
  readonly #containerIds = new Set<string>();
  #child: ChildProcess | undefined;
  #disposed = false;

  private constructor(root: string, { args = [], dataRoot = join(root, "data") }: DaemonOptions) {
    this.root = root;
    this.#dataRoot = dataRoot;
    this.socket = join(root, "slipway.sock");
    this.netns = basename(root);
    this.#args = args;
  }

  static async start(options: DaemonOptions = {}): Promise<TestDaemon> {
    const root = await mkdtemp(join(options.parent ?? "/tmp", "slipway-test-"));
    const daemon = new TestDaemon(root, options);
    await mkdir(join(root, "cli"));
    await output("ip", ["netns", "add", daemon.netns]);
    await daemon.inNetns("ip", "link", "set", "lo", "up");
    try {
      await daemon.launch();
      if (options.busybox !== false) await daemon.load(busyboxArchive());
    } catch (error) {
      await daemon.#abandon();
      throw error;
    }
    return daemon;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get log(): string {
    return readFileSync(join(this.root, "daemon.log"), "utf8");
  }

  /** For the docker CLI, and for whatever else finds its engine by the environment. */
  get env(): Readonly<Record<string, string>> {
    return {
      DOCKER_HOST: `unix://${this.socket}`,
      DOCKER_CONFIG: join(this.root, "cli"),
      DOCKER_CLI_HINTS: "false",
      DOCKER_BUILDKIT: "0",
    };
  }

  /** The command line that `launch` uses, for a second daemon on the same roots. */
  commandLine(overrides: { readonly execRoot?: string; readonly socket?: string } = {}): readonly string[] {
    const execRoot = overrides.execRoot ?? join(this.root, "exec");
    const socket = overrides.socket ?? this.socket;
    const flags = ["--data-root", this.#dataRoot, "--exec-root", execRoot, "-H", `unix://${socket}`];
    return ["nsenter", `--net=/run/netns/${this.netns}`, process.execPath, DAEMON_PROGRAM, ...flags, ...this.#args];
  }

  /** Starts it (again) and waits until it says that it listens. */
  async launch(): Promise<void> {
    const [command, ...args] = this.commandLine();
    const child = spawn(command ?? "", args, {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: { ...process.env, SLIPWAY_READY_FD: String(READY_FD) },
    });
    const log = createWriteStream(join(this.root, "daemon.log"), { flags: "a" });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    child.once("close", () => log.end());
    this.#child = child;
    for await (const line of createInterface({ input: child.stdio[READY_FD] as Readable })) {
      if (line.includes('"ready"')) return;
    }
    throw new Error(`the daemon did not start:\n${this.log.slice(-LOG_TAIL_CHARACTERS)}`);
  }

  /** No warning, no clean-up. Resolves when the process is gone. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "exit");
    child.kill(signal);
    await closed;
  }

  api(method: string, path: string, options: ApiRequest = {}): Promise<ApiResponse> {
    return api(this.socket, method, path, options);
  }

  /** @throws when the answer is not 2xx. */
  async call<T>(method: string, path: string, options: ApiRequest = {}): Promise<T> {
    const response = await this.api(method, path, options);
    if (response.status < 200 || response.status > 299)
      throw new Error(`${method} ${path} answered ${response.status}: ${response.text}`);
    return (response.text === "" ? undefined : JSON.parse(response.text)) as T;
  }

  /** The lines of an answer that goes on; leaving the loop ends the request. */
  async *lines(path: string): AsyncGenerator<string> {
    const response = await openApi(this.socket, "GET", path);
    let rest = "";
    for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
    if (rest !== "") yield rest;
  }

  async load(archive: Buffer): Promise<void> {
    const { status, text } = await this.api("POST", "/images/load?quiet=1", { body: archive });
    if (status !== 200 || text.includes('"error"')) throw new Error(`load answered ${status}: ${text}`);
  }

  inNetns(...command: readonly string[]): Promise<string> {
    return output("nsenter", [`--net=/run/netns/${this.netns}`, ...command]);
  }

  /** Removes every container, stops the daemon, and fails with whatever is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    try {
      if (this.#child?.exitCode !== null || this.#child.signalCode !== null) await this.launch();
      await this.#removeContainers();
      await this.kill("SIGTERM");
      const { root, netns } = this;
      deepEqual(await leaksOf({ root, netns, containerIds: this.#containerIds }), [], "left behind");
    } finally {
      await this.#abandon();
    }
  }

  async #removeContainers(): Promise<void> {
    const events = await this.api("GET", `/events?since=0&until=${Date.now() / 1000}&filters={"type":["container"]}`);
    for (const id of events.text.match(/"[0-9a-f]{64}"/g) ?? []) this.#containerIds.add(id.slice(1, -1));
    for (const { Id } of await this.call<{ Id: string }[]>("GET", "/containers/json?all=1")) {
      this.#containerIds.add(Id);
      await this.api("DELETE", `/containers/${Id}?force=1&v=1`);
    }
  }

  /** The end of a test that has failed: takes down what is left, so that the next one starts clean. */
  async #abandon(): Promise<void> {
    await this.kill("SIGKILL");
    const { root, netns } = this;
    for (const leak of await leaksOf({ root, netns, containerIds: this.#containerIds })) {
      const pid = /^process: (\d+)/.exec(leak)?.[1];
      if (pid !== undefined) process.kill(Number(pid), "SIGKILL");
      const mount = /^mount: (.*)$/.exec(leak)?.[1];
      if (mount !== undefined) await output("umount", ["-l", mount]).catch(() => undefined);
    }
    await output("ip", ["netns", "del", netns]).catch(() => undefined);
    if (process.env["KEEP"] === undefined) await rm(root, { recursive: true, force: true });
    else await writeFile(join(root, "kept"), "");
  }
}
