import assert from "node:assert/strict";
import { nextDelay, wantsRestart, wantsStartWithDaemon } from "../../../daemon/engine/containers/restart-policy.ts";
import type { Container, RestartPolicy } from "../../../daemon/engine/model/container.ts";

const exit = { code: 1, at: "", oomKilled: false };
function container(name: RestartPolicy["name"], more: Partial<Container> & { retries?: number } = {}): Container {
  return {
    restartCount: 0,
    stoppedByUser: false,
    state: { status: "exited", exit, startedAt: "" },
    spec: { host: { restartPolicy: { name, maximumRetryCount: more.retries ?? 0 } } },
    ...more,
  } as unknown as Container;
}

describe("wantsRestart", () => {
  const rows: readonly [string, Container, number, boolean][] = [
    ["no", container("no"), 1, false],
    ["always, after success", container("always"), 0, true],
    ["always, after a stop by the user", container("always", { stoppedByUser: true }), 0, false],
    ["unless-stopped", container("unless-stopped"), 0, true],
    ["on-failure, after success", container("on-failure"), 0, false],
    ["on-failure, after failure", container("on-failure"), 3, true],
    ["on-failure:2, twice restarted", container("on-failure", { retries: 2, restartCount: 2 }), 3, false],
  ];
  for (const [title, value, code, expected] of rows)
    it(`${title} → ${expected}`, () => assert.equal(wantsRestart(value, code), expected));
});

describe("wantsStartWithDaemon", () => {
  const rows: readonly [string, Container, boolean][] = [
    ["always, though stopped by the user", container("always", { stoppedByUser: true }), true],
    ["unless-stopped, stopped by the user", container("unless-stopped", { stoppedByUser: true }), false],
    ["unless-stopped", container("unless-stopped"), true],
    ["on-failure", container("on-failure"), false],
    ["always, never started", container("always", { state: { status: "created" } }), false],
  ];
  for (const [title, value, expected] of rows)
    it(`${title} → ${expected}`, () => assert.equal(wantsStartWithDaemon(value), expected));
});

describe("nextDelay", () => {
  it("doubles from 100 ms to a minute, and begins anew after ten steady seconds", () => {
    assert.deepStrictEqual(
      [nextDelay(0, 5), nextDelay(100, 5), nextDelay(50_000, 5), nextDelay(50_000, 10_000)],
      [100, 200, 60_000, 100],
    );
  });
});
