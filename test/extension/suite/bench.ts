/** Entry of the extension host: how fast the extension is. The numbers are the results; `title` names each. */
import { window, extensions } from "vscode";
import type { App } from "../../../extension/app.ts";
import { NO_FILTER } from "../../../extension/model/line-store.ts";
import { ProcessTerminal } from "../../../extension/terminals/process-terminal.ts";
import { Context, IMAGE } from "./context.ts";
import { writeResults, type Measured } from "./run.ts";

const EVENTS = 100;
/** What came before is drawn by then. */
const SETTLE_MS = 5000;
const SILENCE_MS = 60_000;
const SHELL_BYTES = 50 * 1000 * 1000;
const LOG_LINES = 1_000_000;
const LOG_PROGRAM = `awk 'BEGIN { for (i = 1; i <= ${LOG_LINES}; i++) print "line " i " of the log" }'; exec sleep 1000`;

export async function run(): Promise<void> {
  const results: Measured[] = [];
  const measure = (title: string, duration: number): void => {
    console.log(title, duration);
    results.push({ title, duration, error: undefined });
  };
  await extensions.getExtension<App>("slipway.slipway-vscode")?.activate();
  // Loading and activating; between the two the host waits for the editor's own start.
  const span = (from: string, to: string): number =>
    performance.measure(from, `slipway/${from}`, `slipway/${to}`).duration;
  measure("activation (ms)", span("load", "loaded") + span("activate", "active"));
  let started = performance.now();
  const context = await Context.activate();
  const engine = await context.engine;
  const { mirror, views } = context.app;
  await views.containers.getChildren();
  await context.until(mirror.containers, () => mirror.containers.filled);

  const made = [];
  for (let count = 0; count < 1000; count++) {
    made.push(await engine.containers.create({ image: IMAGE, name: `many-${count}`, pull: "never" }));
    if (count !== 99 && count !== 999) continue;
    await context.until(mirror.containers, () => mirror.containers.size === count + 1);
    started = performance.now();
    const built = drawn(context);
    mirror.containers.clear();
    mirror.refresh();
    await context.until(mirror.containers, () => mirror.containers.filled);
    await built;
    measure(`${count + 1} containers: question → rows (ms)`, performance.now() - started);
  }

  const delays: number[] = [];
  for (let event = 0; event < EVENTS; event++) {
    const built = drawn(context);
    started = performance.now();
    await made[event]!.rename(`renamed-${event}`);
    await built;
    delays.push(performance.now() - started);
  }
  measure("rename → row, p95 (ms)", delays.sort((a, b) => a - b)[Math.floor(EVENTS * 0.95)]!);
  for (const each of made) await each.remove();

  await context.until(mirror.containers, () => mirror.containers.size === 0);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  measure("timers set in a minute of silence", await timersSet());

  const container = await context.running();
  measure("attach shell → prompt (ms)", await timeToPrompt(context, container.id));
  measure("50 MB through a shell (MB/s)", await throughput(context, container.id));

  const writer = await context.running({
    command: ["sh", "-c", LOG_PROGRAM],
  });
  const log = await engine.containers.get(writer.id);
  for await (const { text } of log.logs({ follow: true })) if (text.startsWith(`line ${LOG_LINES} `)) break;
  const panel = context.app.logs.open(context.item(writer.id)!);
  started = performance.now();
  while (panel.reader.store.count === 0) await new Promise((resolve) => setImmediate(resolve));
  measure("log of 1,000,000 lines: open → first lines (ms)", performance.now() - started);
  started = performance.now();
  await panel.reader.readEarlier();
  measure("log of 1,000,000 lines: all of it (ms)", performance.now() - started);
  started = performance.now();
  panel.reader.store.filter({ ...NO_FILTER, text: "99999" });
  measure("log of 1,000,000 lines: filter (ms)", performance.now() - started);
  panel.panel.dispose();
  for (const each of [container, writer]) await each[Symbol.asyncDispose]();
  writeResults(results);
}

/** By the extension: the editor has its own. */
async function timersSet(): Promise<number> {
  const { setTimeout: original, setInterval: originalInterval } = globalThis;
  let count = 0;
  const counted =
    <Set extends (...args: never[]) => unknown>(set: Set) =>
    (...args: Parameters<Set>): ReturnType<Set> => {
      if (new Error().stack?.includes("/extension.cjs") === true) count++;
      return set(...args) as ReturnType<Set>;
    };
  Object.assign(globalThis, { setTimeout: counted(original), setInterval: counted(originalInterval) });
  await new Promise((resolve) => original(resolve, SILENCE_MS));
  Object.assign(globalThis, { setTimeout: original, setInterval: originalInterval });
  return count;
}

function drawn({ app }: Context): Promise<void> {
  return new Promise((resolve) => {
    const listener = app.views.containers.onDidBuild(() => {
      listener.dispose();
      resolve();
    });
  });
}

async function terminalText(terminal: ProcessTerminal, seen: (text: string) => boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    const listener = terminal.onDidWrite((text) => {
      if (!seen(text)) return;
      listener.dispose();
      resolve();
    });
    terminal.open({ columns: 80, rows: 24 });
  });
}

async function timeToPrompt(context: Context, id: string): Promise<number> {
  const { pty } = context.app.shells.options(context.item(id)!, {});
  const started = performance.now();
  await terminalText(pty as ProcessTerminal, (text) => text.includes("#"));
  const passed = performance.now() - started;
  (pty as ProcessTerminal).close();
  return passed;
}

async function throughput(context: Context, id: string): Promise<number> {
  const shell = { shell: "sh" };
  const options = context.app.shells.options(context.item(id)!, shell);
  const terminal = window.createTerminal(options);
  let bytes = 0;
  let started = 0;
  await new Promise<void>((resolve) => {
    (options.pty as ProcessTerminal).onDidWrite((text) => {
      bytes += text.length;
      if (started === 0 && text.includes("#")) {
        started = performance.now();
        bytes = 0;
        terminal.sendText(`yes 0123456789abcdef0123456789abcdef0123456789abcdef | head -c ${SHELL_BYTES}`);
      } else if (bytes >= SHELL_BYTES) resolve();
    });
    terminal.show();
  });
  const seconds = (performance.now() - started) / 1000;
  terminal.dispose();
  return bytes / 1e6 / seconds;
}
