import { closeSync, constants, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { EngineError } from "../base/errors.ts";
import { lockFile } from "../linux/file-lock.ts";

/**
 * The daemon's pid in a file that is locked while it runs: a pid that was given out again fools nobody, and what a killed
 * daemon left is no obstacle.
 */
export class Pidfile implements Disposable {
  readonly #path: string;
  readonly #fd: number;

  /** @throws EngineError Conflict when another daemon holds it. */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    this.#path = path;
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
    if (!lockFile(this.#fd)) {
      closeSync(this.#fd);
      const pid = readFileSync(path, "utf8").trim();
      throw new EngineError("Conflict", `another daemon is running: process ${pid} holds ${path}`);
    }
    ftruncateSync(this.#fd);
    writeSync(this.#fd, `${process.pid}\n`);
  }

  [Symbol.dispose](): void {
    // First the name, then the lock: whoever opens the file in between finds it locked, or gone.
    rmSync(this.#path, { force: true });
    closeSync(this.#fd);
  }
}
