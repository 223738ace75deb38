import { closeSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { sendToUnixSocket } from "../linux/notify-socket.ts";

/** Whoever started the daemon: systemd, a program that embeds it, a test. */
export class Supervisor {
  readonly #log: Logger;
  readonly #notifySocket: string | undefined;
  readonly #readyFd: number | undefined;
  readonly #parentFd: number | undefined;
  /** A folder that ends with the daemon: SLIPWAY_PRIVATE_FOLDER, of a program that owns it. */
  readonly privateFolder: string | undefined;

  /** Takes what it needs out of the environment, so that no child inherits it. */
  constructor(env: NodeJS.ProcessEnv, log: Logger) {
    this.#log = log;
    this.#notifySocket = take(env, "NOTIFY_SOCKET");
    this.#readyFd = descriptorOf(take(env, "SLIPWAY_READY_FD"));
    this.#parentFd = descriptorOf(take(env, "SLIPWAY_PARENT_FD"));
    const folder = take(env, "SLIPWAY_PRIVATE_FOLDER");
    this.privateFolder = this.isOwner ? folder : undefined;
  }

  /** One program started the daemon for itself: with it end the daemon and its containers. */
  get isOwner(): boolean {
    return this.#parentFd !== undefined;
  }

  /** The API answers. */
  ready(hosts: readonly string[]): void {
    this.#notify("READY=1");
    if (this.#readyFd === undefined) return;
    try {
      writeSync(this.#readyFd, `${JSON.stringify({ ready: true, hosts })}\n`);
      closeSync(this.#readyFd);
    } catch (error) {
      this.#log.warn("nobody reads SLIPWAY_READY_FD", { error: messageOf(error) });
    }
  }

  /** Type=notify-reload wants the time at which it began (sd_notify(3)); microseconds of the monotonic clock. */
  reloading(): void {
    this.#notify(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  reloaded(): void {
    this.#notify("READY=1");
  }

  stopping(): void {
    this.#notify("STOPPING=1");
  }

  /** Calls `body` when the program whose pipe SLIPWAY_PARENT_FD is has ended. Keeps no process alive. */
  onParentGone(body: () => void): void {
    if (this.#parentFd === undefined) return;
    const pipe = new Socket({ fd: this.#parentFd, readable: true, writable: false });
    pipe.on("error", () => undefined).once("close", body);
    pipe.resume().unref();
  }

  #notify(message: string): void {
    if (this.#notifySocket === undefined) return;
    try {
      sendToUnixSocket(this.#notifySocket, message);
    } catch (error) {
      this.#log.warn("the service manager cannot be told", { message, error: messageOf(error) });
    }
  }
}

function take(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name];
  delete env[name];
  return value === "" ? undefined : value;
}

function descriptorOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) && Number(text) > 2 ? Number(text) : undefined;
}
