import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "./endpoint.ts";

/**
 * A unix socket in a private folder; each connection to it becomes `ssh HOST docker system dial-stdio`, as the docker
 * client does it. Hosts, keys and jumps are the user's own ssh configuration. Closing it ends its ssh processes.
 */
export class SshRelay implements AsyncDisposable {
  readonly endpoint: Extract<Endpoint, { kind: "unix" }>;
  readonly #server: Server;
  readonly #folder: string;
  readonly #open = new Set<Socket>();

  private constructor(server: Server, folder: string, path: string) {
    this.#server = server;
    this.#folder = folder;
    this.endpoint = { kind: "unix", path };
  }

  static async listen(target: Extract<Endpoint, { kind: "ssh" }>): Promise<SshRelay> {
    const folder = await mkdtemp(join(tmpdir(), "slipway-ssh-"));
    const path = join(folder, "s");
    const server = createServer({ allowHalfOpen: true });
    const relay = new SshRelay(server, folder, path);
    server.on("connection", (socket) => relay.#bridge(socket, target));
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
    server.unref();
    return relay;
  }

  #bridge(socket: Socket, target: Extract<Endpoint, { kind: "ssh" }>): void {
    const child = spawn("ssh", sshArguments(target), { stdio: ["pipe", "pipe", "inherit"] });
    this.#open.add(socket);
    socket.on("close", () => {
      this.#open.delete(socket);
      child.kill();
    });
    socket.on("error", () => socket.destroy());
    child.on("error", () => socket.destroy());
    // ssh gone before we ended our side closes the connection early; the request then fails with its own error.
    child.stdin.on("error", () => socket.destroy());
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function sshArguments(target: Extract<Endpoint, { kind: "ssh" }>): string[] {
  const login = target.user === undefined ? [] : ["-l", target.user];
  const port = target.port === undefined ? [] : ["-p", String(target.port)];
  // `--` keeps a host name that begins with a dash from being an option.
  return [...login, ...port, "-o", "ConnectTimeout=30", "-T", "--", target.host, "docker", "system", "dial-stdio"];
}
