import assert from "node:assert/strict";
import { afterProbe, delayMs, mergeHealthcheck, probeCommand } from "../../../daemon/engine/health/healthcheck.ts";
import { OutputHead } from "../../../daemon/engine/health/output-head.ts";
import type { Health, ProbeResult } from "../../../daemon/engine/model/health.ts";

const STARTED = "2026-01-01T00:00:00.000000000Z";
const STARTING: Health = { status: "starting", failingStreak: 0, log: [] };
const CMD = ["CMD", "true"];

function result(exitCode: number, secondsIn = 60): ProbeResult {
  const at = new Date(Date.parse(STARTED) + secondsIn * 1000).toISOString();
  return { start: at, end: at, exitCode, output: "" };
}

describe("mergeHealthcheck", () => {
  it("takes the user's fields where there are any, and the image's otherwise", () => {
    const image = { test: CMD, interval: 5, retries: 2 };
    assert.deepStrictEqual(mergeHealthcheck(undefined, image), image);
    assert.deepStrictEqual(mergeHealthcheck({ test: ["NONE"] }, undefined), { test: ["NONE"] });
    const merged = mergeHealthcheck({ test: [], interval: 7 }, image);
    assert.deepStrictEqual([merged?.test, merged?.interval, merged?.retries], [CMD, 7, 2]);
  });
});

describe("probeCommand", () => {
  it("is the words of CMD, the line of CMD-SHELL for the image's shell, and nothing for NONE or what nobody knows", () => {
    assert.deepStrictEqual(probeCommand({ test: ["CMD", "a", "b"] }), ["a", "b"]);
    assert.deepStrictEqual(probeCommand({ test: ["CMD-SHELL", "a && b"] }), ["/bin/sh", "-c", "a && b"]);
    assert.deepStrictEqual(probeCommand({ test: ["CMD-SHELL", "a"] }, ["/bin/ash", "-ec"]), ["/bin/ash", "-ec", "a"]);
    for (const test of [[], ["NONE"], ["CMD"], ["HTTP", "x"]]) assert.equal(probeCommand({ test }), undefined);
    assert.equal(probeCommand(undefined), undefined);
  });
});

describe("delayMs", () => {
  it("is 30 s, or the interval; within the start period 5 s, or the start interval, until the first success", () => {
    assert.equal(delayMs({ test: CMD }, STARTING, 0), 30_000);
    assert.equal(delayMs({ test: CMD, interval: 2e9 }, STARTING, 0), 2000);
    const slow = { test: CMD, startPeriod: 60e9 };
    assert.equal(delayMs(slow, STARTING, 59_999), 5000);
    assert.equal(delayMs({ ...slow, startInterval: 1e9 }, STARTING, 0), 1000);
    assert.equal(delayMs(slow, { status: "healthy" }, 0), 30_000);
    assert.equal(delayMs(slow, STARTING, 60_000), 30_000);
  });
});

describe("afterProbe", () => {
  const check = { test: CMD, retries: 2 };

  it("is unhealthy after as many failures in a row as `retries`, and healthy after one success", () => {
    const once = afterProbe(STARTING, result(1), check, STARTED);
    assert.deepStrictEqual([once.status, once.failingStreak], ["starting", 1]);
    const twice = afterProbe(once, result(-1), check, STARTED);
    assert.deepStrictEqual([twice.status, twice.failingStreak], ["unhealthy", 2]);
    const well = afterProbe(twice, result(0), check, STARTED);
    assert.deepStrictEqual([well.status, well.failingStreak], ["healthy", 0]);
    assert.equal(afterProbe(well, result(1), check, STARTED).status, "healthy");
  });

  it("counts no failure within the start period before the first success", () => {
    const slow = { ...check, startPeriod: 100e9 };
    assert.equal(afterProbe(STARTING, result(1, 99), slow, STARTED).failingStreak, 0);
    assert.equal(afterProbe(STARTING, result(1, 101), slow, STARTED).failingStreak, 1);
    const well = afterProbe(STARTING, result(0, 1), slow, STARTED);
    assert.equal(afterProbe(well, result(1, 2), slow, STARTED).failingStreak, 1);
  });

  it("keeps the last five results", () => {
    let health = STARTING;
    for (let code = 1; code <= 7; code++) health = afterProbe(health, result(code), check, STARTED);
    assert.deepStrictEqual(
      health.log.map(({ exitCode }) => exitCode),
      [3, 4, 5, 6, 7],
    );
  });
});

describe("OutputHead", () => {
  const frame = (stream: number, text: string): Buffer => {
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };

  it("joins both streams, wherever the frames are cut", () => {
    const all = Buffer.concat([frame(1, "out "), frame(2, "err"), frame(1, ""), frame(1, "\n")]);
    for (let size = 1; size <= all.length; size++) {
      const head = new OutputHead(100);
      for (let at = 0; at < all.length; at += size) head.push(all.subarray(at, at + size));
      assert.equal(head.text(), "out err\n");
    }
  });

  it("keeps the beginning, and shows that there was more", () => {
    const head = new OutputHead(5);
    head.push(frame(1, "abc"));
    head.push(frame(2, "defg"));
    assert.equal(head.text(), "abcde...");
  });
});
