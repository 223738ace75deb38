/** Samba in a network namespace, for one folder and 127.0.0.1 alone; all that it keeps is in a folder of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { output, run, said } from "./process.ts";

const OWN_FOLDERS = {
  "private dir": "private",
  "lock directory": "lock",
  "state directory": "state",
  "cache directory": "cache",
  "pid directory": "pid",
  "ncalrpc dir": "ncalrpc",
};
const SETTINGS = {
  "server role": "standalone server",
  interfaces: "lo",
  "bind interfaces only": "yes",
  "smb ports": "445",
  "disable netbios": "yes",
  "disable spoolss": "yes",
  "load printers": "no",
};

export class SmbServer implements AsyncDisposable {
  readonly user = "root";
  readonly password = "secret";
  readonly #own: string;
  #child: ChildProcess | undefined;

  private constructor(own: string) {
    this.#own = own;
  }

  /** @param folder what `//127.0.0.1/share` is; undefined where this kernel has no client, or the system no smbd. */
  static async serve(netns: string, folder: string): Promise<SmbServer | undefined> {
    // A kernel may have it built in, and a system no modprobe.
    await run("sh", ["-c", "modprobe cifs"]);
    const known = readFileSync("/proc/filesystems", "utf8").split(/\s+/);
    const { code } = await run("sh", ["-c", "command -v smbd smbpasswd"]);
    if (!known.includes("cifs") || code !== 0) return undefined;
    await using undo = new AsyncDisposableStack();
    const server = undo.use(new SmbServer(mkdtempSync(join(tmpdir(), "slipway-smbd-"))));
    await server.#start(netns, folder);
    undo.move();
    return server;
  }

  async #start(netns: string, folder: string): Promise<void> {
    const own = Object.entries(OWN_FOLDERS).map(([setting, name]) => [setting, join(this.#own, name)] as const);
    for (const [, path] of own) mkdirSync(path);
    const global = [...Object.entries(SETTINGS), ...own].map(([setting, value]) => `${setting} = ${value}`);
    const config = join(this.#own, "smb.conf");
    writeFileSync(config, ["[global]", ...global, "[share]", `path = ${folder}`, "read only = no", ""].join("\n"));
    const input = `${this.password}\n${this.password}\n`;
    await output("smbpasswd", ["-c", config, "-s", "-a", this.user], { input });
    // Level 2 tells when it listens. It makes a process group of its own, which it ends with itself.
    const command = ["smbd", "-F", "--debug-stdout", "-d", "2", "-s", config];
    const child = spawn("nsenter", [`--net=/run/netns/${netns}`, ...command], { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    await said(child.stdout, /waiting for connections/);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child?.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    }
    rmSync(this.#own, { recursive: true });
  }
}
