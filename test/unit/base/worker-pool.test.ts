import assert from "node:assert/strict";
import { WorkerPool } from "../../../daemon/base/worker-pool.ts";
import type { PoolTestJob } from "./pool-test-worker.ts";

describe("WorkerPool", () => {
  let pool: WorkerPool<PoolTestJob, string>;
  beforeEach(() => {
    pool = new WorkerPool({ url: new URL("./pool-test-worker.ts", import.meta.url), size: 2, name: "test" });
  });
  afterEach(() => pool[Symbol.asyncDispose]());

  it("run answers with the result, and with the error's own kind", async () => {
    const seen: number[] = [];
    const more = Array.from({ length: 20 }, () => pool.run("double", undefined, (value) => seen.push(value)));
    assert.deepEqual([...new Set(await Promise.all(more)), seen.length], ["doubled", 20]);
    await assert.rejects(pool.run("fail"), { name: "EngineError", kind: "Conflict", message: "failed as told" });
  });

  it("a thread that dies fails its job alone", async () => {
    const [died, lived] = await Promise.allSettled([pool.run("die"), pool.run("double")]);
    assert.deepEqual([died.status, lived.status], ["rejected", "fulfilled"]);
    assert.equal(await pool.run("double"), "doubled");
  });

  it("every job is done though each thread dies", async () => {
    const jobs = (["die", "die", "die", "double", "die", "double"] as const).map((job) => pool.run(job));
    const settled = await Promise.allSettled(jobs);
    assert.deepEqual(
      settled.map(({ status }) => status === "fulfilled"),
      [false, false, false, true, false, true],
    );
  });

  it("an abort ends a job that runs, and one that waits, with the signal's reason", async () => {
    const aborting = new AbortController();
    const running = [1, 2].map(() =>
      pool.run("until-canceled", aborting.signal, () => aborting.abort(new Error("stop"))),
    );
    const waiting = pool.run("until-canceled", aborting.signal);
    await Promise.all([...running, waiting].map((job) => assert.rejects(job, { message: "stop" })));
    await assert.rejects(pool.run("double", aborting.signal), { message: "stop" });
  });

  it("disposing ends the threads, and a later job starts one", async () => {
    await pool.run("double");
    await pool[Symbol.asyncDispose]();
    assert.equal(await pool.run("double"), "doubled");
  });
});
