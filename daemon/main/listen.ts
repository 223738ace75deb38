import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer, type ListenOptions, type Server } from "node:net";
import { dirname } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { EngineError, errnoOf } from "../base/errors.ts";
import type { TlsConfig } from "../config/daemon-config.ts";
import { showHost, type Host } from "../config/hosts.ts";
import { groupId } from "./group.ts";
import { inheritedSockets } from "./inherited-sockets.ts";

export interface ListenOptionsOfDaemon {
  readonly hosts: readonly Host[];
  readonly tls: TlsConfig | undefined;
  /** undefined: see DaemonConfig.group. */
  readonly group: string | undefined;
  /** Takes the connections. `guarded`: their other end may be anywhere. */
  readonly serve: (server: Server, options: { readonly guarded: boolean }) => void;
}

/** A client that has said everything still wants its answer. */
const HALF_OPEN = { allowHalfOpen: true };

/** Servers that listen, in the order of the hosts. Nothing listens when one of them cannot. */
export async function listenAll(options: ListenOptionsOfDaemon): Promise<readonly Server[]> {
  await using undo = new AsyncDisposableStack();
  const servers: Server[] = [];
  for (const host of options.hosts) {
    for (const target of targetsOf(host)) {
      const server = await listenOn(host, target, options);
      undo.defer(() => void server.close());
      servers.push(server);
    }
  }
  undo.move();
  return servers;
}

function targetsOf(host: Host): readonly ListenOptions[] {
  switch (host.kind) {
    case "unix":
      return [{ path: host.path }];
    case "tcp":
      return [{ host: host.address, port: host.port }];
    case "fd":
      return inheritedSockets(process.env, host.name).map((fd) => ({ fd }) as ListenOptions);
  }
}

async function listenOn(host: Host, target: ListenOptions, options: ListenOptionsOfDaemon): Promise<Server> {
  const server = host.kind === "tcp" && options.tls !== undefined ? tlsServer(options.tls) : createServer(HALF_OPEN);
  options.serve(server, { guarded: host.kind !== "unix" });
  if (host.kind === "unix") await clearStale(host.path);
  const umask = process.umask(0o177);
  try {
    const listening = once(server, "listening");
    server.listen(target);
    await listening;
  } catch (error) {
    throw new EngineError("Unavailable", `cannot listen on ${showHost(host)}: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    process.umask(umask);
  }
  if (host.kind === "unix") openToGroup(host.path, options.group);
  return server;
}

function openToGroup(path: string, group: string | undefined): void {
  const gid = groupId(group);
  if (gid !== undefined) chownSync(path, process.getuid?.() ?? 0, gid);
  chmodSync(path, 0o660);
}

/** A socket that a killed daemon left is taken away; one that somebody answers on is not. */
async function clearStale(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const probe = connect(path);
  try {
    await once(probe, "connect");
  } catch (error) {
    const code = errnoOf(error);
    if (code === "ENOENT") return;
    if (code !== "ECONNREFUSED")
      throw new EngineError("Unavailable", `cannot listen on unix://${path}: ${(error as Error).message}`);
    return rmSync(path, { force: true });
  } finally {
    probe.destroy();
  }
  throw new EngineError("Conflict", `cannot listen on unix://${path}: another process answers there`);
}

function tlsServer({ cert, key, ca, verify }: TlsConfig): Server {
  const read = (option: string, path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw new EngineError("InvalidParameter", `cannot read ${option}: ${(error as Error).message}`);
    }
  };
  return createTlsServer({
    ...HALF_OPEN,
    cert: read("tlscert", cert),
    key: read("tlskey", key),
    ...(ca !== undefined && { ca: read("tlscacert", ca) }),
    requestCert: verify,
    rejectUnauthorized: verify,
    minVersion: "TLSv1.2",
  });
}
