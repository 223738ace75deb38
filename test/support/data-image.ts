/** A daemon with an image `with-data:1` whose `/data` has a file of another owner, and the docker command against it. */
import { ok } from "node:assert/strict";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestDaemon } from "./daemon.ts";
import { docker, dockerOk } from "./docker-cli.ts";
import { importTree } from "./import-tree.ts";

export const RUN = ["run", "--rm", "--network", "none"] as const;

export class DataDaemon implements AsyncDisposable {
  readonly daemon: TestDaemon;
  /** On the host, for what a test needs there. */
  readonly folder: string;

  private constructor(daemon: TestDaemon, folder: string) {
    this.daemon = daemon;
    this.folder = folder;
  }

  static async start(): Promise<DataDaemon> {
    const daemon = await TestDaemon.start();
    const folder = mkdtempSync("/tmp/slipway-data-");
    await importTree(daemon, folder, "with-data:1", (rootfs) => {
      mkdirSync(join(rootfs, "data/deep"), { recursive: true });
      writeFileSync(join(rootfs, "data/deep/file"), "from the image");
      chownSync(join(rootfs, "data/deep/file"), 33, 34);
      chownSync(join(rootfs, "data"), 33, 33);
    });
    return new DataDaemon(daemon, folder);
  }

  readonly cli = (...args: readonly string[]): Promise<string> => dockerOk(this.daemon, ...args);

  /** What a container says that is run and removed. */
  readonly inside = (...args: readonly string[]): Promise<string> => this.cli(...RUN, ...args);

  /** The error of a command that must be refused. */
  readonly refusal = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await docker(this.daemon, args);
    ok(code !== 0, `docker ${args.join(" ")} was accepted`);
    return stderr;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
