/** How long it takes until the page shows it: what a user waits for. */
import type { Page } from "playwright-core";
import { Engine } from "../../sdk/index.ts";
import { Editor } from "../extension/support/editor.ts";
import { Workbench } from "../extension/support/workbench.ts";
import type { TestDaemon } from "../support/daemon.ts";
import { percentile } from "./measure.ts";

const SIZES = [100, 1000];
const EVENTS = 40;
/** The editor gathers what changes within 200 ms; each event is to stand alone. */
const APART_MS = 300;

export interface Measure {
  readonly title: string;
  readonly duration: number;
}

export async function pageMeasures(daemon: TestDaemon): Promise<readonly Measure[]> {
  await using engine = await Engine.connect({ host: `unix://${daemon.socket}` });
  await using editor = await Editor.start({ daemon });
  const measures: Measure[] = [];
  let count = 0;
  for (const size of SIZES) {
    for (; count < size; count++) await engine.containers.create({ image: "busybox", name: `many-${count}` });
    const page = await editor.open();
    await Workbench.ready(page);
    const shown = await seen(page, "^many-");
    await page.locator('.activitybar .action-item:has(a[aria-label="Slipway"])').click();
    measures.push({ title: `${size} containers: view opened → drawn (ms)`, duration: await shown() });
    if (size !== SIZES.at(-1)) {
      await page.close();
      continue;
    }
    const delays: number[] = [];
    for (let event = 0; event < EVENTS; event++) {
      const row = await page.locator("[role=treeitem]").first().getAttribute("aria-label");
      const container = await engine.containers.get(row?.split(",")[0] ?? "");
      const drawn = await seen(page, `^a-renamed-${event},`);
      await container.rename(`a-renamed-${event}`);
      delays.push(await drawn());
      await page.waitForTimeout(APART_MS);
    }
    measures.push({ title: "rename → row drawn, p95 (ms)", duration: percentile(delays, 0.95) });
  }
  await engine.containers.prune();
  return measures;
}

/** Begins to look for a row. @returns what waits for it, and gives the time that passed since then, in ms */
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
  const started = Date.now();
  return async () => (await page.evaluate<number>("window.slipwaySeen")) - started;
}
