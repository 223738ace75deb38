/** How long it takes until the page shows it: what a user waits for. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { Engine } from "../../sdk/index.ts";
import { Editor } from "../extension/support/editor.ts";
import { Workbench } from "../extension/support/workbench.ts";
import type { TestDaemon } from "../support/daemon.ts";
import { median, percentile } from "./measure.ts";

const SIZES = [100, 1000];
/** Of a fresh editor each. */
const OPENINGS = 5;
const EVENTS = 40;
/** The editor gathers what changes within 200 ms; each event is to stand alone. */
const APART_MS = 300;

const SETTLE_MS = 15_000;
const SILENCE_MS = 60_000;

export interface Measure {
  readonly title: string;
  readonly duration: number;
}

export async function pageMeasures(daemon: TestDaemon): Promise<readonly Measure[]> {
  await using engine = await Engine.connect({ host: `unix://${daemon.socket}` });
  const measures: Measure[] = [];
  let count = 0;
  for (const size of SIZES) {
    for (; count < size; count++) await engine.containers.create({ image: "busybox", name: `many-${count}` });
    const openings: number[] = [];
    for (let opening = 0; opening < OPENINGS; opening++) {
      await using editor = await Editor.start({ daemon });
      openings.push(await opened(daemon, await editor.open()));
    }
    measures.push({ title: `${size} containers: engine's answer → drawn (ms)`, duration: median(openings) });
  }
  // One of its own: the extension host of a page that is closed lives on for a while, and its end wakes the engine.
  await using editor = await Editor.start({ daemon });
  const page = await editor.open();
  await opened(daemon, page);
  // Silence first: an editor that still loads itself draws late.
  measures.push(await silence(page, daemon), await renames(page, engine));
  await engine.containers.prune();
  return measures;
}

/** Opens the view. @returns how long the rows took from when the list was sent, milliseconds */
async function opened(daemon: TestDaemon, page: Page): Promise<number> {
  const workbench = await Workbench.ready(page);
  const shown = await seen(page, "^many-");
  const logged = daemon.log.length;
  await workbench.openSideBar();
  return (await shown()) - listed(daemon.log.slice(logged));
}

async function renames(page: Page, engine: Engine): Promise<Measure> {
  const delays: number[] = [];
  for (let event = 0; event < EVENTS; event++) {
    const row = await page.locator("[role=treeitem]").first().getAttribute("aria-label");
    const container = await engine.containers.get(row?.split(",")[0] ?? "");
    const drawn = await seen(page, `^a-renamed-${event},`);
    const started = Date.now();
    await container.rename(`a-renamed-${event}`);
    delays.push((await drawn()) - started);
    await page.waitForTimeout(APART_MS);
  }
  return { title: "rename → row drawn, p95 (ms)", duration: percentile(delays, 0.95) };
}

async function silence(page: Page, daemon: TestDaemon): Promise<Measure> {
  await page.waitForTimeout(SETTLE_MS);
  const before = wakeUps(daemon.pid);
  await page.waitForTimeout(SILENCE_MS);
  return { title: "the engine is woken in a minute of silence (times)", duration: wakeUps(daemon.pid) - before };
}

/** Of its main thread: how often it went to sleep of its own accord. */
function wakeUps(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
}

/** When the engine had answered the view. Before that the editor loads itself, and the extension. */
function listed(log: string): number {
  const [, time] = /^time=(\S+) .*\/containers\/json/m.exec(log) ?? [];
  // Not a number is no bar missed.
  if (time === undefined) throw new Error("the engine logged no answer");
  return Date.parse(time);
}

/** Begins to look for a row. @returns what waits for it, and gives the time at which it was there */
async function seen(page: Page, pattern: string): Promise<() => Promise<number>> {
  await page.evaluate(`{
    const pattern = new RegExp(${JSON.stringify(pattern)});
    const isDrawn = (row) => row.offsetHeight > 0 && pattern.test(row.ariaLabel ?? "");
    window.slipwaySeen = new Promise((resolve) => {
      const look = () =>
        [...document.querySelectorAll("[role=treeitem]")].some(isDrawn) ? resolve(Date.now()) : requestAnimationFrame(look);
      look();
    });
    0;
  }`);
  return async () => await page.evaluate<number>("window.slipwaySeen");
}
