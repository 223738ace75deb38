import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { Server } from "node:net";
import { createApi, type Api } from "../api/server.ts";
import { relative } from "node:path";
import { EngineError, messageOf } from "../base/errors.ts";
import { createLogger, type Logger } from "../base/logger.ts";
import { readAgain } from "../config/command-line.ts";
import type { DaemonConfig } from "../config/daemon-config.ts";
import { showHost } from "../config/hosts.ts";
import type { OptionValues } from "../config/options.ts";
import { BUILD } from "./build-info.ts";
import { compose, discover } from "./compose.ts";
import { endContainers } from "./end-containers.ts";
import { listenAll } from "./listen.ts";
import { Pidfile } from "./pidfile.ts";
import { QuietMemory } from "./quiet-memory.ts";
import { Supervisor } from "./supervisor.ts";

/** A user's containers look through the data root, and nobody else has to; what is in it has modes of its own. */
const ROOT_MODE = 0o711;

/**
 * The daemon's life, from flags to its end: locks, stores, engine, what runs is taken up, sockets, ready; then signals. When
 * it resolves, everything is given back, and containers go on, but for those of a daemon that one program owns.
 * @throws EngineError when it cannot start; nothing is left then.
 */
export async function runDaemon(config: DaemonConfig, flags: OptionValues): Promise<void> {
  const log = createLogger({
    level: config.logLevel,
    format: config.logFormat,
    write: (line) => void process.stderr.write(line),
  });
  // Whoever reads the log may end before the daemon does: what it then has to do is more than to say so.
  process.stderr.on("error", () => undefined);
  const supervisor = new Supervisor(process.env, log);
  const stop = stopSignal(supervisor);
  await using resources = new AsyncDisposableStack();
  const { isOwner, privateFolder } = supervisor;
  // Last of all, when nothing of it is mounted any more.
  if (privateFolder !== undefined) resources.defer(() => rm(privateFolder, { recursive: true, force: true }));
  makeRoots(config);
  resources.use(new Pidfile(config.pidfile));
  let current: DaemonConfig = config;
  const discovered = await discover(config);
  for (const warning of discovered.warnings) log.warn(warning.replace(/^WARNING: /, ""));
  const started = compose({ config, discovered, reloadable: () => current, log }, resources);
  // Before anything is made anew: what no record names yet would be taken for a crash's.
  await started.sweep();
  await started.restore();
  resources.defer(() => started.close());
  const remove = privateFolder !== undefined && within(config.dataRoot, privateFolder);
  if (isOwner) resources.defer(() => endContainers(started.engine.containers, { remove, log }));

  const memory = resources.use(new QuietMemory());
  const api = createApi({
    engine: started.engine,
    log,
    version: BUILD.version,
    onActivity: () => memory.touch(),
  });
  const servers = await listenAll({ ...config, serve: (server, how) => api.serve(server, how) });
  resources.defer(() => closeAll(servers, api, config.shutdownTimeout));

  const onReload = (): void => {
    supervisor.reloading();
    current = reload(current, flags, log);
    supervisor.reloaded();
  };
  process.on("SIGHUP", onReload);
  resources.defer(() => void process.off("SIGHUP", onReload));
  const hosts = config.hosts.map(showHost);
  log.info("ready", { hosts });
  supervisor.ready(hosts);
  log.info("stopping", { reason: await stop });
  supervisor.stopping();
}

/** The first reason to stop. A second signal ends the process at once. */
function stopSignal(supervisor: Supervisor): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
    supervisor.onParentGone(() => resolve("the program that started it has ended"));
  });
}

function within(path: string, folder: string): boolean {
  return !relative(folder, path).startsWith("..");
}

function makeRoots({ dataRoot, execRoot }: DaemonConfig): void {
  for (const root of [dataRoot, execRoot]) {
    if (existsSync(root)) continue;
    try {
      mkdirSync(root, { recursive: true, mode: ROOT_MODE });
      chmodSync(root, ROOT_MODE); // whatever the umask is
    } catch (error) {
      throw new EngineError("Unavailable", `cannot make ${root}: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** A file that is wrong changes nothing. */
function reload(current: DaemonConfig, flags: OptionValues, log: Logger): DaemonConfig {
  try {
    const changed = readAgain(flags);
    log.setLevel(changed.logLevel);
    log.info("configuration reloaded", { ...changed });
    return { ...current, ...changed };
  } catch (error) {
    log.error("the configuration is not reloaded", { error: messageOf(error) });
    return current;
  }
}

/** @param seconds how long requests may take that are at work. Streams end at once. */
async function closeAll(servers: readonly Server[], api: Api, seconds: number): Promise<void> {
  for (const server of servers) server.close();
  await api.close(AbortSignal.timeout(seconds * 1000));
}
