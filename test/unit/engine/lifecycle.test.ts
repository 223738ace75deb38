import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { EngineError } from "../../../daemon/base/errors.ts";
import type { ContainerService } from "../../../daemon/engine/containers/containers.ts";
import type { EventBus } from "../../../daemon/engine/events.ts";
import type { Container, HostSpec } from "../../../daemon/engine/model/container.ts";
import type { CollectionName, Metadata } from "../../../daemon/metadata/collection.ts";
import { FakeRuntime, memoryMetadata, specOf, startEngine } from "./fakes.ts";

describe("container life cycle", () => {
  const none = new Map<string, readonly string[]>();
  let root: string;
  let runtime: FakeRuntime;
  let metadata: ReturnType<typeof memoryMetadata>;
  let service: ContainerService;
  let events: EventBus;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "slipway-life-"));
    runtime = new FakeRuntime();
    metadata = memoryMetadata();
    ({ service, events } = await startEngine(root, runtime, metadata));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const create = async (host: Partial<HostSpec> = {}): Promise<string> =>
    (await service.create("web", specOf(host), undefined)).id;
  const stopped = async (id: string): Promise<number> => (await (await service.wait(id, "not-running")).result).code;
  const actions = async (): Promise<string[]> => {
    const until = BigInt(Date.now() + 1000) * 1_000_000n;
    const past = await events.subscribe({ since: 0n, until, filters: none }, AbortSignal.abort());
    return (await Array.fromAsync(past)).map((event) => event.action);
  };

  it("create, start, exit: the record, the waiters and the events tell of it", async () => {
    const id = await create();
    await service.start(id, {});
    assert.equal(service.get("web").state.status, "running");
    const code = stopped(id);
    runtime.last.end(7);
    assert.equal(await code, 7);
    const { state } = service.get(id);
    assert.equal(state.status === "exited" && state.exit.code, 7);
    assert.deepStrictEqual(await actions(), ["create", "start", "die"]);
    assert.ok(runtime.last.deleted);
  });

  it("start of a running container is NotModified", async () => {
    const id = await create();
    await service.start(id, {});
    await assert.rejects(service.start(id, {}), { kind: "NotModified" });
  });

  it("a start that fails keeps the container as it was, with the error, and can be tried again", async () => {
    const id = await create();
    runtime.failNextStart = Object.assign(new EngineError("InvalidParameter", "no such command"), { exitCode: 127 });
    await assert.rejects(service.start(id, {}), { message: "no such command" });
    assert.deepStrictEqual(service.get(id).state, { status: "created", error: "no such command", exitCode: 127 });
    await service.start(id, {});
    assert.equal(service.get(id).state.status, "running");
  });

  it("stop sends the stop signal, then SIGKILL when its time is over", async () => {
    const id = await create();
    await service.start(id, {});
    runtime.last.diesOf = (signal) => signal === 9;
    await service.stop(id, { timeout: 0 });
    assert.deepStrictEqual(runtime.last.signals, [15, 9]);
    assert.deepStrictEqual((await actions()).slice(-4), ["kill", "kill", "die", "stop"]);
  });

  it("restart on failure goes on until its count is used up", async () => {
    const id = await create({ restartPolicy: { name: "on-failure", maximumRetryCount: 1 } });
    await service.start(id, {});
    const started = await events.subscribe({ filters: new Map([["event", ["start"]]]) }, new AbortController().signal);
    const code = stopped(id);
    runtime.last.end(3);
    for await (const _ of started) break;
    assert.equal(service.get(id).restartCount, 1);
    runtime.last.end(3);
    assert.equal(await code, 3);
    assert.equal(runtime.tasks.length, 2);
  });

  it("stop during a planned restart gives it up", async () => {
    const id = await create({ restartPolicy: { name: "always", maximumRetryCount: 0 } });
    await service.start(id, {});
    const died = await events.subscribe({ filters: new Map([["event", ["die"]]]) }, new AbortController().signal);
    runtime.last.end(1);
    for await (const _ of died) break;
    assert.equal(service.get(id).state.status, "restarting");
    await service.stop(id, {});
    assert.equal(service.get(id).state.status, "exited");
  });

  it("auto-removal takes the container away and settles who waits for it", async () => {
    const id = await create({ autoRemove: true });
    const { result } = await service.wait(id, "removed");
    await service.start(id, {});
    runtime.last.end(5);
    assert.deepStrictEqual(await result, { code: 5 });
    assert.throws(() => service.get(id), { kind: "NotFound" });
  });

  it("auto-removal answers before the run is cleared away; a container that stays answers after", async () => {
    for (const autoRemove of [true, false]) {
      const id = (await service.create(`rm-${autoRemove}`, specOf({ autoRemove }), undefined)).id;
      const { result } = await service.wait(id, autoRemove ? "removed" : "next-exit");
      await service.start(id, {});
      const task = runtime.last;
      const cleared = Promise.withResolvers<void>();
      const clearing = Promise.withResolvers<void>();
      task.delete = () => {
        clearing.resolve();
        return cleared.promise;
      };
      let answered = false;
      void result.then(() => (answered = true));
      task.end(3);
      await clearing.promise;
      if (autoRemove) await result;
      assert.equal(answered, autoRemove);
      cleared.resolve();
      assert.equal((await result).code, 3);
      await service.settled();
    }
  });

  /** A disk that is full for some records of containers. */
  const fullFor = (refuses: (state: Container["state"]) => boolean): Metadata => ({
    ...metadata,
    collection<T>(name: CollectionName) {
      const rows = metadata.collection<T>(name);
      const put = (id: string, record: T): void => {
        const { state } = record as { readonly state?: Container["state"] };
        if (state !== undefined && refuses(state)) throw new EngineError("Unavailable", "disk full");
        rows.put(id, record);
      };
      return { ...rows, put };
    },
  });

  it("an end that cannot be put down at first is, once the run is cleared away", async () => {
    let refused = 0;
    const full = fullFor(({ status }) => {
      const refuses = status === "exited" && !runtime.last.deleted;
      if (refuses) refused++;
      return refuses;
    });
    const engine = await startEngine(root, runtime, full);
    const { id } = await engine.service.create("full", specOf(), undefined);
    const { result } = await engine.service.wait(id, "next-exit");
    await engine.service.start(id, {});
    runtime.last.end(6);
    assert.equal((await result).code, 6);
    assert.equal(engine.service.get(id).state.status, "exited");
    assert.equal(refused, 1);
  });

  it("who waits for an end hears of it also where it cannot be put down", async () => {
    const engine = await startEngine(
      root,
      runtime,
      fullFor(({ status }) => status === "exited"),
    );
    const { id } = await engine.service.create("full", specOf(), undefined);
    await engine.service.start(id, {});
    const { result } = await engine.service.wait(id, "not-running");
    runtime.last.end(6);
    assert.equal((await result).code, 6);
  });

  it("a start that cannot be put down is undone, and who waits hears of it", async () => {
    const full = fullFor((state) => state.status === "running" || "error" in state);
    const engine = await startEngine(root, runtime, full);
    const { id } = await engine.service.create("full", specOf(), undefined);
    const { result } = await engine.service.wait(id, "next-exit");
    await assert.rejects(engine.service.start(id, {}), { kind: "Unavailable", message: "disk full" });
    assert.ok(runtime.last.deleted);
    assert.deepStrictEqual(engine.service.get(id).state, { status: "created" });
    assert.deepStrictEqual(await result, { code: 128, error: "disk full" });
  });

  it("restart of an auto-removed container does not remove it", async () => {
    const id = await create({ autoRemove: true });
    await service.start(id, {});
    await service.restart(id, {});
    assert.equal(service.get(id).state.status, "running");
    assert.equal(service.get(id).spec.host.autoRemove, true);
  });

  it("remove refuses a running container unless forced, then kills it", async () => {
    const id = await create();
    await service.start(id, {});
    await assert.rejects(service.remove(id, { force: false, volumes: false, link: false }), { kind: "Conflict" });
    await service.remove(id, { force: true, volumes: false, link: false });
    assert.deepStrictEqual(runtime.last.signals, [9]);
    assert.throws(() => service.get(id), { kind: "NotFound" });
  });

  it("attach before start gets all the output", async () => {
    const id = await create();
    const { stream } = await service.attach(id, {
      logs: false,
      stream: true,
      stdin: false,
      stdout: true,
      stderr: true,
    });
    await service.start(id, {});
    runtime.last.clients[0]?.write("first");
    runtime.last.end(0);
    assert.equal(await text(stream), "first");
  });

  it("kill of a stopped container is a Conflict; an unknown signal is InvalidParameter", async () => {
    const id = await create();
    await assert.rejects(service.kill(id, "KILL"), { kind: "Conflict" });
    await assert.rejects(service.kill(id, "NOPE"), { kind: "InvalidParameter" });
  });

  describe("a daemon started again", () => {
    it("goes on with what runs", async () => {
      const id = await create();
      await service.start(id, {});
      const next = await startEngine(root, runtime, metadata);
      const { result } = await next.service.wait(id, "not-running");
      runtime.last.end(4);
      assert.equal((await result).code, 4);
    });

    it("learns how a container ended meanwhile, and says so", async () => {
      const id = await create();
      await service.start(id, {});
      runtime.ended.set(id, { code: 11, at: new Date().toISOString(), oomKilled: false });
      const next = await startEngine(root, runtime, metadata);
      const { state } = next.service.get(id);
      assert.equal(state.status === "exited" && state.exit.code, 11);
    });

    it("goes on with a planned restart, also when the run before it was not cleared away", async () => {
      for (const leftover of [false, true]) {
        const spec = specOf({ restartPolicy: { name: "on-failure", maximumRetryCount: 5 } });
        const { id } = await service.create(`again-${leftover}`, spec, undefined);
        await service.start(id, {});
        const exit = { code: 3, at: new Date().toISOString(), oomKilled: false };
        const startedAt = exit.at;
        metadata
          .collection<Container>("containers")
          .put(id, { ...service.get(id), restartCount: 1, state: { status: "restarting", exit, startedAt } });
        if (leftover) runtime.ended.set(id, exit);
        else runtime.last.deleted = true;
        const next = await startEngine(root, runtime, metadata);
        const filters = new Map([["event", ["start"]]]);
        for await (const _ of await next.events.subscribe({ since: 0n, filters }, new AbortController().signal)) break;
        assert.equal(next.service.get(id).state.status, "running");
        assert.equal(next.service.get(id).restartCount, 1);
        await next.service.remove(id, { force: true, volumes: false, link: false });
      }
    });

    it("finishes a removal that was under way", async () => {
      const id = await create();
      const record = service.get(id);
      metadata.collection("containers").put(id, {
        ...record,
        state: { status: "removing", exit: { code: 0, at: "", oomKilled: false }, startedAt: "" },
      });
      const next = await startEngine(root, runtime, metadata);
      assert.throws(() => next.service.get(id), { kind: "NotFound" });
    });

    it("starts what wants to run with it", async () => {
      const id = await create({ restartPolicy: { name: "always", maximumRetryCount: 0 } });
      await service.start(id, {});
      await service.stop(id, {});
      const next = await startEngine(root, runtime, metadata);
      const started = await next.events.subscribe(
        { since: 0n, filters: new Map([["event", ["start"]]]) },
        new AbortController().signal,
      );
      for await (const _ of started) break;
      assert.equal(next.service.get(id).state.status, "running");
    });
  });
});
