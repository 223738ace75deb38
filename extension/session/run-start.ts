import { connect } from "node:net";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { l10n } from "vscode";
import { Conflict, NotFound, type Container, type ContainerOptions, type Engine } from "../../sdk/index.ts";
import type { App } from "../app.ts";
import { withTransfer } from "../commands/images/transfer.ts";
import { CONFIGURATION_LABEL, FOLDER_LABEL } from "../model/container.ts";
import type { ReadyCondition, RunConfiguration } from "../model/run-configuration.ts";
import { containerOptionsOf, type RunSurroundings } from "../model/run-options.ts";

const READY_SECONDS = 60;
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 1000;

/** What a configuration is read with: the machine of the extension, where the folder is. */
export function surroundings(folder: string): RunSurroundings {
  return { folder, home: homedir(), env: process.env, read: async (path) => await readFile(path, "utf8") };
}

/** Makes its container anew, starts it, and waits until it is ready. The one that it made before is removed. */
export async function startConfiguration(
  app: App,
  { folder, configuration }: { folder: string; configuration: RunConfiguration },
): Promise<void> {
  const engine = await app.session.engine();
  const options = await containerOptionsOf(configuration, surroundings(folder));
  await bringImage(app, engine, options.image);
  await removeEarlier(engine, folder, configuration.name);
  if (configuration.interactive) {
    app.shells.runInteractive({ ...options, pull: "never" }, configuration.name).show();
    return;
  }
  await app.ui.progress(l10n.t("Starting {0}", configuration.name), async (report, signal) => {
    const container = await create(engine, options, signal);
    await container.start(signal);
    if (configuration.ready === undefined) return;
    report(l10n.t("waiting until it is ready"));
    await untilReady(container, configuration.ready, signal);
  });
}

async function bringImage(app: App, engine: Engine, image: string): Promise<void> {
  if ((await engine.images.find(image)) !== undefined) return;
  const credentials = await app.registries.credentialsFor(image);
  await withTransfer(app, l10n.t("Pulling {0}", image), (signal) => engine.images.pull(image, { credentials, signal }));
}

/** By its labels: a container that only has the name belongs to somebody else. */
export async function removeEarlier(engine: Engine, folder: string, name: string): Promise<void> {
  const filters = { label: [`${FOLDER_LABEL}=${folder}`, `${CONFIGURATION_LABEL}=${name}`] };
  for (const { Id } of await engine.containers.list({ all: true, filters })) {
    try {
      await engine.containers.withId(Id).remove({ force: true, volumes: true });
    } catch (error) {
      // One with `remove` may be on its way already.
      if (!(error instanceof NotFound || error instanceof Conflict)) throw error;
    }
  }
}

async function create(engine: Engine, options: ContainerOptions, signal: AbortSignal): Promise<Container> {
  return await engine.containers.create({ ...options, pull: "never", signal });
}

/** @throws Error when it ends before, or the time is over. */
export async function untilReady(container: Container, ready: ReadyCondition, signal: AbortSignal): Promise<void> {
  const seconds = ready.timeoutSeconds ?? READY_SECONDS;
  const over = new AbortController();
  const either = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000), over.signal]);
  const ended = container.wait({ signal: either }).then((code) => {
    throw new Error(l10n.t("it ended with code {0} before it was ready", code));
  });
  const conditions = [
    ...(ready.log === undefined ? [] : [untilLogged(container, new RegExp(ready.log), either)]),
    ...(ready.port === undefined ? [] : [untilAnswering(container, ready.port, either)]),
  ];
  try {
    await Promise.race([Promise.all(conditions), ended]);
  } catch (error) {
    signal.throwIfAborted();
    if (either.aborted) throw new Error(l10n.t("it was not ready within {0} seconds", seconds), { cause: error });
    throw error;
  } finally {
    over.abort();
    ended.catch(() => undefined);
  }
}

async function untilLogged(container: Container, pattern: RegExp, signal: AbortSignal): Promise<void> {
  for await (const { text } of container.logs({ follow: true, signal })) if (pattern.test(text)) return;
  // The log is over, so the container is too: whoever waits for its end says so.
  await new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
  );
}

/** A port tells nobody that it is open: it is tried with growing pauses. */
async function untilAnswering(container: Container, port: number, signal: AbortSignal): Promise<void> {
  const { NetworkSettings } = await container.inspect({ signal });
  const published = Number(NetworkSettings.Ports?.[`${port}/tcp`]?.[0]?.HostPort);
  if (!(published > 0)) throw new Error(l10n.t("port {0} is not published, so it cannot be waited for", port));
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LAST_PAUSE_MS)) {
    if (await answers(published, signal)) return;
    await delay(pause, undefined, { signal });
  }
}

function answers(port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, signal });
    const done = (result: boolean) => () => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", done(true)).once("error", done(false));
  });
}
