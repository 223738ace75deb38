/** The kernel's SMB server for one folder and one user. It serves the machine's first network namespace: a wire leads there. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { output, run } from "./process.ts";
import { within } from "./time-limit.ts";

const WIRE = "slipsmb0";
const SERVER = "10.98.0.1";
const CLIENT = "10.98.0.2";
const PORT = 445;
const CONTROL = "/sys/class/ksmbd-control/kill_server";

export class SmbServer implements AsyncDisposable {
  readonly user = "somebody";
  readonly password = "secret";
  /** As a client's device. */
  readonly share = `//${SERVER}/share`;
  readonly #folder = mkdtempSync(join(tmpdir(), "slipway-smb-"));
  #program: ChildProcess | undefined;

  /** @param folder what the share is; undefined where this kernel has no SMB server or client, or this machine no programs for it. */
  static async serve(netns: string, folder: string): Promise<SmbServer | undefined> {
    // A kernel may have them built in, and a system no modprobe.
    await run("sh", ["-c", "modprobe -a ksmbd cifs"]);
    const knowsClient = /\bcifs\b/.test(readFileSync("/proc/filesystems", "utf8"));
    const programs = await run("sh", ["-c", "command -v ksmbd.mountd && command -v ksmbd.adduser"]);
    if (!knowsClient || !existsSync(CONTROL) || programs.code !== 0) return undefined;
    await using undo = new AsyncDisposableStack();
    const server = undo.use(new SmbServer());
    await server.#start(netns, folder);
    undo.move();
    return server;
  }

  async #start(netns: string, folder: string): Promise<void> {
    await output("ip", ["link", "add", WIRE, "type", "veth", "peer", "name", WIRE, "netns", netns]);
    await output("ip", ["addr", "add", `${SERVER}/30`, "dev", WIRE]);
    await output("ip", ["link", "set", WIRE, "up"]);
    await output("ip", ["-n", netns, "addr", "add", `${CLIENT}/30`, "dev", WIRE]);
    await output("ip", ["-n", netns, "link", "set", WIRE, "up"]);
    const config = join(this.#folder, "ksmbd.conf");
    const users = join(this.#folder, "users");
    const common = `[global]\n\tinterfaces = ${WIRE}\n\tbind interfaces only = yes\n`;
    writeFileSync(
      config,
      `${common}[share]\n\tpath = ${folder}\n\tread only = no\n\tforce user = root\n\tforce group = root\n`,
    );
    writeFileSync(users, "");
    await output("ksmbd.adduser", ["-c", config, "-i", users, "-a", this.user, "-p", this.password]);
    this.#program = spawn("ksmbd.mountd", ["-n", "-c", config, "-u", users], { stdio: "inherit" });
    // It is the kernel that listens, and it tells nobody.
    const limit = within(10_000);
    while (!(await listens())) await setTimeout(50, undefined, { signal: limit });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    writeFileSync(CONTROL, "hard");
    const program = this.#program;
    if (program !== undefined && program.exitCode === null && program.signalCode === null) {
      const ended = once(program, "exit");
      program.kill();
      await ended;
    }
    // Both ends; it is gone with the client's namespace too.
    await run("ip", ["link", "del", WIRE]);
    rmSync(this.#folder, { recursive: true });
  }
}

async function listens(): Promise<boolean> {
  const socket = connect(PORT, SERVER);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
