import assert from "node:assert/strict";
import { EventBus, matches } from "../../../daemon/engine/events.ts";
import type { EngineEvent } from "../../../daemon/engine/model/event.ts";
import type { Filters } from "../../../daemon/engine/services.ts";

const none: Filters = new Map();
const started = {
  type: "container",
  action: "start",
  actor: "c1",
  attributes: { name: "web", image: "nginx:1", tier: "front" },
} as const;

describe("EventBus", () => {
  it("subscribe gives the past since a moment, then what is published, and ends with the signal", async () => {
    const bus = new EventBus();
    const stop = new AbortController();
    bus.publish(started);
    const stream = await bus.subscribe({ since: 0n, filters: none }, stop.signal);
    const seen: string[] = [];
    for await (const event of stream) {
      seen.push(event.action);
      if (event.action === "start") bus.publish({ ...started, action: "die" });
      else stop.abort();
    }
    assert.deepStrictEqual(seen, ["start", "die"]);
    assert.equal(bus.listeners, 0);
  });

  it("subscribe with an until that has passed ends by itself", async () => {
    const bus = new EventBus();
    bus.publish(started);
    const now = BigInt(Date.now() + 1) * 1_000_000n;
    const seen = await Array.fromAsync(
      await bus.subscribe({ since: 0n, until: now, filters: none }, new AbortController().signal),
    );
    assert.deepStrictEqual(
      seen.map((event) => event.action),
      ["start"],
    );
  });

  it("publish stamps strictly increasing times", async () => {
    const bus = new EventBus();
    for (let i = 0; i < 100; i++) bus.publish(started);
    const until = BigInt(Date.now() + 1) * 1_000_000n;
    const seen = await Array.fromAsync(
      await bus.subscribe({ since: 0n, until, filters: none }, new AbortController().signal),
    );
    assert.equal(seen.length, 100);
    assert.ok(seen.every((event, i) => i === 0 || event.timeNano > (seen[i - 1]?.timeNano ?? 0n)));
  });

  it("subscribe refuses a since after until", async () => {
    await assert.rejects(
      new EventBus().subscribe({ since: 2n, until: 1n, filters: none }, new AbortController().signal),
      { kind: "InvalidParameter" },
    );
  });
});

describe("matches", () => {
  const event: EngineEvent = { ...started, timeNano: 1n };
  const exec: EngineEvent = { ...event, action: "exec_create: sh -c true" };
  const rows: readonly [string, EngineEvent, Record<string, string[]>, boolean][] = [
    ["type", event, { type: ["container"] }, true],
    ["another type", event, { type: ["image"] }, false],
    ["event", event, { event: ["die", "start"] }, true],
    ["event of an exec by its stem", exec, { event: ["exec_create"] }, true],
    ["container by name", event, { container: ["web"] }, true],
    ["container by id", event, { container: ["c1"] }, true],
    ["image of a container", event, { image: ["nginx"] }, true],
    ["label by key", event, { label: ["tier"] }, true],
    ["label by value", event, { label: ["tier=back"] }, false],
    ["all filters must hold", event, { type: ["container"], event: ["die"] }, false],
  ];
  for (const [title, value, filters, expected] of rows) {
    it(`${title} → ${expected}`, () => assert.equal(matches(value, new Map(Object.entries(filters))), expected));
  }
});
