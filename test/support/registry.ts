/** Debian's docker-registry with a password, in the network namespace of a daemon. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestDaemon } from "./daemon.ts";
import { output, said } from "./process.ts";

const PORT = 5999;

export class TestRegistry implements AsyncDisposable {
  readonly address = `127.0.0.1:${PORT}`;
  readonly user = "user";
  readonly password = "pass";
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(daemon: TestDaemon): Promise<TestRegistry> {
    const folder = join(daemon.root, "registry");
    await mkdir(folder);
    const secrets = join(folder, "htpasswd");
    await writeFile(secrets, await output("htpasswd", ["-Bbn", "user", "pass"]));
    const config = {
      version: 0.1,
      log: { level: "info" },
      storage: { filesystem: { rootdirectory: join(folder, "data") } },
      http: { addr: `127.0.0.1:${PORT}` },
      auth: { htpasswd: { realm: "test", path: secrets } },
    };
    await writeFile(join(folder, "config.yml"), JSON.stringify(config)); // JSON is YAML
    const netns = `--net=/run/netns/${daemon.netns}`;
    const child = spawn("nsenter", [netns, "docker-registry", "serve", join(folder, "config.yml")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const registry = new TestRegistry(child);
    await said(child.stderr, /listening on/);
    return registry;
  }

  /** X-Registry-Auth: base64url of JSON, with its padding (Go's clients send it, and dockerd wants it). */
  auth(password = this.password): string {
    const value = { username: this.user, password, serveraddress: this.address };
    return Buffer.from(JSON.stringify(value)).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill();
    await ended;
  }
}
