/** The SDK against the real daemon, and against dockerd where there is one: the same suite. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Engine, ExecutableNotFound, ImageNotFound, NotFound, Conflict, type EngineEvent } from "../../sdk/index.ts";
import { busyboxArchive } from "../support/busybox-image.ts";
import { TestDaemon } from "../support/daemon.ts";
import { skipAloud } from "../support/docker-cli.ts";
import { Dockerd, findDockerd } from "../support/dockerd.ts";

const MIB = 1024 * 1024;

describe("SDK with slipwayd", () => {
  let daemon: TestDaemon;
  let engine: Engine;

  before(async () => {
    daemon = await TestDaemon.start();
    engine = await Engine.connect({ env: { ...daemon.env, HOME: daemon.root } });
  });

  after(async () => {
    await engine[Symbol.asyncDispose]();
    await daemon[Symbol.asyncDispose]();
  });

  sdkSuite(() => engine);

  it("events go on, each once, when the daemon is killed and started again", async () => {
    await using container = await engine.containers.create({ image: "busybox", command: ["true"], network: "none" });
    const seen: string[] = [];
    const ended = Promise.withResolvers<void>();
    const filters = { type: ["container"], container: [container.id], event: ["start", "die"] };
    const reading = (async () => {
      for await (const { action } of engine.events({ filters, since: new Date(Date.now() - 1000) })) {
        seen.push(action);
        if (action === "die") ended.resolve();
        if (seen.length === 4) return;
      }
    })();
    await container.start();
    await ended.promise;
    await daemon.kill();
    await daemon.launch();
    await container.start();
    await reading;
    deepEqual(seen, ["start", "die", "start", "die"]);
  });
});

describe("SDK with dockerd", () => {
  let dockerd: Dockerd | undefined;
  let engine: Engine;

  before(async function () {
    this.timeout(60_000);
    const program = findDockerd();
    if (program === undefined) return skipAloud(this, "there is no dockerd on this machine");
    dockerd = await Dockerd.start(program);
    engine = await Engine.connect({ host: `unix://${dockerd.socket}`, env: { HOME: dockerd.root } });
    await engine.images.load(busyboxArchive());
  });

  after(async function () {
    this.timeout(60_000);
    await engine?.[Symbol.asyncDispose]();
    await dockerd?.[Symbol.asyncDispose]();
  });

  sdkSuite(() => engine);
});

function sdkSuite(get: () => Engine): void {
  const busybox = (...command: string[]) => ({ image: "busybox", command, network: "none" });

  it("run keeps both outputs apart and gives the exit code; disposing removes", async () => {
    const engine = get();
    let id: string;
    {
      await using run = await engine.containers.run(busybox("sh", "-c", "echo out; echo err >&2; exit 7"));
      id = run.container.id;
      deepEqual(await run.process.output(), { exitCode: 7, stdout: "out\n", stderr: "err\n" });
    }
    await rejects(engine.containers.get(id), NotFound);
  });

  it("run carries 16 MiB through stdin and back", async () => {
    await using run = await get().containers.run({ ...busybox("cat"), stdin: true });
    const data = randomBytes(16 * MIB);
    run.process.stdin.end(data);
    const hash = createHash("sha256");
    for await (const chunk of run.process.stdout) hash.update(chunk);
    equal(hash.digest("hex"), createHash("sha256").update(data).digest("hex"));
    equal(await run.process.exit, 0);
  });

  it("run of what is not there throws ExecutableNotFound and leaves no container", async () => {
    const engine = get();
    const labels = { case: "not-there" };
    await rejects(engine.containers.run({ ...busybox("/nope"), labels }), ExecutableNotFound);
    deepEqual(await engine.containers.list({ all: true, filters: { label: ["case=not-there"] } }), []);
  });

  it("run kills and removes when its signal is aborted", async () => {
    const engine = get();
    const controller = new AbortController();
    const { container, process } = await engine.containers.run({
      ...busybox("sleep", "100"),
      signal: controller.signal,
    });
    const gone = engine
      .events({ filters: { container: [container.id], event: ["destroy"] }, since: new Date(Date.now() - 5000) })
      .next();
    controller.abort();
    await rejects(process.exit, { name: "AbortError" });
    equal((await gone).value?.action, "destroy");
  });

  it("exec: user, environment, folder, exit code, stdin", async () => {
    await using container = await get().containers.create(busybox("sleep", "100"));
    await container.start();
    const script = 'echo "$(id -u) $A $(pwd)"; cat; exit 3';
    const p = await container.exec(["sh", "-c", script], {
      user: "33",
      env: { A: "b" },
      workingDir: "/tmp",
      stdin: true,
    });
    p.stdin.end("typed");
    deepEqual(await p.output(), { exitCode: 3, stdout: "33 b /tmp\ntyped", stderr: "" });
  });

  it("exec: the exit code of one that closed its outputs and goes on", async () => {
    await using container = await get().containers.create(busybox("sleep", "100"));
    await container.start();
    const p = await container.exec(["sh", "-c", "exec >&- 2>&-; sleep 0.3; exit 9"]);
    equal(await p.exit, 9);
  });

  it("exec: a terminal and its size", async () => {
    await using container = await get().containers.create(busybox("sleep", "100"));
    await container.start();
    const p = await container.exec(["sh", "-c", "read x; stty size"], { tty: true, stdin: true });
    await p.resize({ columns: 101, rows: 33 });
    p.stdin.write("go\n");
    const { stdout } = await p.output();
    equal(stdout.split("\r\n").at(-2), "33 101");
  });

  it("a network is joined with an address and names of one's choice, and left", async () => {
    const engine = get();
    const sleeper = { image: "busybox", command: ["sleep", "100"] };
    const subnets = [{ subnet: "10.83.0.0/24", auxiliaryAddresses: { printer: "10.83.0.2" } }];
    await using network = await engine.networks.create({ name: "sdk-net", subnets, attachable: true });
    await using other = await engine.containers.create({ ...sleeper, name: "sdk-other", network: "sdk-net" });
    await other.start();
    await using joined = await engine.containers.create(sleeper);
    await joined.start();
    const addresses = { ipv4Address: "10.83.0.99", linkLocalAddresses: ["169.254.7.7"] };
    await network.connect(joined.id, { ...addresses, aliases: ["web"], links: { db: "sdk-other" } });
    const endpoint = (await joined.inspect()).NetworkSettings.Networks?.["sdk-net"];
    deepEqual([endpoint?.IPAddress, endpoint?.Aliases?.includes("web")], ["10.83.0.99", true]);
    deepEqual(endpoint?.IPAMConfig?.LinkLocalIPs, ["169.254.7.7"]);
    equal((await other.inspect()).NetworkSettings.Networks?.["sdk-net"]?.IPAddress, "10.83.0.3");
    const { Attachable } = await engine.networks.withId(network.id).inspect();
    equal(Attachable, true);
    const found = await joined.exec(["nslookup", "db", "127.0.0.11"]);
    match((await found.output()).stdout, /10\.83\.0\./);
    await network.disconnect(joined.id);
    equal((await joined.inspect()).NetworkSettings.Networks?.["sdk-net"], undefined);
  });

  it("logs: lines with streams and times, and following to the end", async () => {
    await using container = await get().containers.create(
      busybox("sh", "-c", "echo one; echo two >&2; sleep 0.2; echo three"),
    );
    await container.start();
    const seen: string[] = [];
    for await (const { stream, text, time } of container.logs({ follow: true })) {
      ok(!Number.isNaN(Date.parse(time)), time);
      seen.push(`${stream} ${text}`);
    }
    deepEqual(seen.toSorted(), ["stderr two", "stdout one", "stdout three"]);
    equal(await container.logs({ tail: 1, only: "stdout" }).text(), "three\n");
    const { stdout, stderr } = await container.logs().streams();
    deepEqual(await Promise.all([stdout.text(), stderr.text()]), ["one\nthree\n", "two\n"]);
  });

  it("attach: stdin and output of a container that runs; detaching leaves it", async () => {
    await using container = await get().containers.create({ ...busybox("cat"), stdin: true });
    await container.start();
    const first = await container.attach({ stdin: true });
    first.stdin.write("hello\n");
    for await (const line of first.stdout.lines()) {
      equal(line, "hello");
      break;
    }
    const second = await container.attach();
    second.detach();
    await rejects(second.exit, { name: "AbortError" });
    equal((await container.inspect()).State.Running, true);
    first.stdin.end();
    equal(await first.exit, 0);
  });

  it("the life of a container: start, pause, stop, restart, kill, wait, rename, update, top, remove", async () => {
    const engine = get();
    const container = await engine.containers.create({
      ...busybox("sleep", "100"),
      limits: { memory: 64 * MIB, pids: 20 },
    });
    deepEqual([await container.start(), await container.start()], [true, false]);
    await rejects(container.remove(), Conflict);
    await container.pause();
    equal((await container.inspect()).State.Status, "paused");
    await container.unpause();
    equal((await container.top()).Processes.length, 1);
    await container.rename(`renamed-${process.pid}`);
    equal((await engine.containers.get(`renamed-${process.pid}`)).id, container.id);
    await container.update({ limits: { pids: 30 } });
    equal((await container.inspect()).HostConfig.PidsLimit, 30);
    await container.restart({ timeout: 0 });
    await container.kill();
    equal(await container.wait(), 137);
    equal(await container.stop(), false);
    await container.remove();
    equal(await engine.containers.find(container.id), undefined);
  });

  it("stats: samples that go on until the loop is left", async () => {
    await using container = await get().containers.create(busybox("sleep", "100"));
    await container.start();
    const samples = [];
    for await (const sample of container.stats()) if (samples.push(sample) === 2) break;
    ok(samples.every(({ pids, memory, memoryLimit }) => pids === 1 && memory > 0 && memoryLimit > memory));
  });

  it("events: the life of a container, in order", async () => {
    const engine = get();
    const since = new Date(Date.now() - 1);
    const run = await engine.containers.run(busybox("true"));
    await run.process.exit;
    await run[Symbol.asyncDispose]();
    const events: EngineEvent[] = [];
    for await (const event of engine.events({ since, filters: { container: [run.container.id] } })) {
      events.push(event);
      if (event.action === "destroy") break;
    }
    deepEqual(
      events.map(({ action }) => action),
      ["create", "attach", "start", "die", "destroy"],
    );
    equal(events[3]?.attributes["exitCode"], "0");
    ok(events.every(({ timeNano }, at) => at === 0 || timeNano > (events[at - 1]?.timeNano ?? 0n)));
  });

  it("images: get, tag, history, save, load, remove, import", async () => {
    const engine = get();
    const image = await engine.images.get("busybox");
    await image.tag("local/sdk:1");
    ok((await engine.images.list()).some(({ RepoTags }) => RepoTags?.includes("local/sdk:1")));
    ok((await image.history()).length >= 1);
    const archive = await (await engine.images.save("local/sdk:1")).toArray();
    await engine.images.remove("local/sdk:1");
    await rejects(engine.images.get("local/sdk:1"), ImageNotFound);
    deepEqual(
      (await engine.images.load(Buffer.concat(archive as Buffer[]))).map(({ id }) => id),
      [image.id],
    );
    await engine.images.remove("local/sdk:1");
    const imported = await engine.images.import(Buffer.alloc(1024), {
      reference: "local/empty:1",
      changes: ['CMD ["x"]'],
    });
    deepEqual((await imported.inspect()).Config.Cmd, ["x"]);
    await imported.remove();
  });

  it("volumes: create, use, remove", async () => {
    const engine = get();
    await using volume = await engine.volumes.create({ labels: { a: "b" } });
    const mounts = [{ type: "volume", source: volume.name, target: "/v" }] as const;
    {
      await using writer = await engine.containers.run({ ...busybox("sh", "-c", "echo kept >/v/file"), mounts });
      equal(await writer.process.exit, 0);
      await rejects(volume.remove(), Conflict);
    }
    await using reader = await engine.containers.run({ ...busybox("cat", "/v/file"), mounts });
    equal((await reader.process.output()).stdout, "kept\n");
    equal((await volume.inspect()).Labels?.["a"], "b");
    await reader[Symbol.asyncDispose]();
  });

  it("ping, version, info, diskUsage", async () => {
    const engine = get();
    const [ping, version, info, usage] = [
      await engine.ping(),
      await engine.version(),
      await engine.info(),
      await engine.diskUsage(),
    ];
    ok(ping.apiVersion !== "" && version.ApiVersion !== "");
    equal(info.OSType, "linux");
    equal(usage.Images?.length, 1);
  });
}
