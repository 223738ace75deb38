import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { deferred } from "../transport/deferred.ts";
import { EngineUnavailable } from "../transport/errors.ts";
import { jsonLines } from "../transport/json-lines.ts";
import { daemonProgram } from "./daemon-program.ts";
import { nodeProgram } from "./node-program.ts";

export interface StartOptions {
  /** Where images, containers and volumes are kept. Without it a temporary folder, removed with the engine. */
  readonly dataRoot?: string;
  /** Absolute path of the socket. Without it one in a private folder. */
  readonly socket?: string;
  /** More flags for the daemon, in dockerd's own names: `["--log-level", "debug"]`. */
  readonly daemonArgs?: readonly string[];
  /** Added to the daemon's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Gets the daemon's log; without it the log is thrown away, but for its end in the error when it does not start. */
  readonly onLog?: (chunk: string) => void;
  /** Gives the start up; once started it has no effect. */
  readonly signal?: AbortSignal;
}

/**
 * A daemon of our own. It ends with this process, however that ends: it reads a pipe that only we hold. Its containers end with it; on a
 * data root of its own they are removed, on a given one they can be started another time.
 */
export interface OwnedDaemon extends AsyncDisposable {
  readonly socket: string;
  readonly dataRoot: string;
  readonly pid: number;
  /** Settles when the process is gone. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** File descriptors in the daemon; 0 to 2 are its stdio. */
const READY_FD = 3;
const PARENT_FD = 4;
const LOG_TAIL_CHARACTERS = 16 * 1024;

/**
 * Starts the bundled daemon and waits until it says that it listens: one line `{"ready":true,"hosts":[…]}` on descriptor
 * SLIPWAY_READY_FD. It ends when SLIPWAY_PARENT_FD reads as ended, and its containers with it.
 * @throws EngineUnavailable when it ends before that, with the end of its log.
 */
export async function startDaemon(options: StartOptions = {}): Promise<OwnedDaemon> {
  options.signal?.throwIfAborted();
  const program = [nodeProgram(), daemonProgram()] as const;
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  const socket = options.socket ?? join(folder, "slipway.sock");
  const dataRoot = options.dataRoot ?? join(folder, "data");
  const args = [program[1], "--data-root", dataRoot, "--exec-root", join(folder, "exec"), "-H", `unix://${socket}`];
  const child = spawn(program[0], [...args, ...(options.daemonArgs ?? [])], {
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    env: {
      ...process.env,
      ...options.env,
      SLIPWAY_READY_FD: String(READY_FD),
      SLIPWAY_PARENT_FD: String(PARENT_FD),
      // So that it goes even when we are killed and cannot remove it.
      SLIPWAY_PRIVATE_FOLDER: folder,
      // VS Code runs extensions in Electron; its daemon must be plain Node.
      ELECTRON_RUN_AS_NODE: "1",
    },
  });
  const daemon = new DaemonProcess(child, { folder, socket, dataRoot, onLog: options.onLog });
  try {
    await daemon.ready(options.signal);
    return daemon;
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
}

class DaemonProcess implements OwnedDaemon {
  readonly socket: string;
  readonly dataRoot: string;
  readonly exited: OwnedDaemon["exited"];
  readonly #child: ChildProcess;
  readonly #folder: string;
  #logTail = "";
  #spawnError: Error | undefined;

  constructor(
    child: ChildProcess,
    deps: { folder: string; socket: string; dataRoot: string; onLog?: (chunk: string) => void },
  ) {
    this.#child = child;
    this.#folder = deps.folder;
    this.socket = deps.socket;
    this.dataRoot = deps.dataRoot;
    this.exited = new Promise((resolve) => {
      child.once("close", (code, signal) => resolve({ code, signal }));
      child.once("error", (error) => {
        this.#spawnError = error;
        resolve({ code: null, signal: null });
      });
    });
    for (const output of [child.stdout, child.stderr]) {
      output?.setEncoding("utf8").on("data", (chunk: string) => {
        this.#logTail = (this.#logTail + chunk).slice(-LOG_TAIL_CHARACTERS);
        deps.onLog?.(chunk);
      });
    }
    // The owner's end of the pipe; a daemon that is gone must not throw EPIPE at us.
    child.stdio[PARENT_FD]?.on("error", () => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ready(signal: AbortSignal | undefined): Promise<void> {
    const aborted = deferred<never>();
    const onAbort = (): void => aborted.reject(signal?.reason as Error);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const said = await Promise.race([firstLine(this.#child.stdio[READY_FD] as Readable), aborted.promise]);
      if (said?.ready === true) return this.#unref();
      const { code, signal: by } = await this.exited;
      const reason = this.#spawnError?.message ?? `it ended with ${by ?? `code ${code}`}`;
      throw new EngineUnavailable(
        `the engine did not start: ${reason}\n${this.#logTail.trimEnd()}`,
        [{ host: `unix://${this.socket}`, source: "started", error: this.#spawnError ?? new Error(reason) }],
        this.#spawnError,
      );
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** A program that forgets to dispose its engine must still be able to end; the daemon then sees its pipe close. */
  #unref(): void {
    this.#child.unref();
    for (const stream of this.#child.stdio) (stream as { unref?: () => void } | null)?.unref?.();
  }

  /** Asks it to end, waits for it, and removes the private folder. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.ref();
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGTERM");
    await this.exited;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function firstLine(source: Readable): Promise<{ ready?: boolean } | undefined> {
  for await (const line of jsonLines<{ ready?: boolean }>(source)) return line;
  return undefined;
}
