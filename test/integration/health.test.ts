/** Health checks: real probes in real containers, seen by the docker CLI. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { busyboxLayer, dockerArchive } from "../support/busybox-image.ts";
import { TestDaemon } from "../support/daemon.ts";
import { dockerOk, needsDocker } from "../support/docker-cli.ts";
import { SLOWNESS } from "../support/time-limit.ts";

interface Health {
  readonly Status: string;
  readonly FailingStreak: number;
  readonly Log: readonly { readonly ExitCode: number; readonly Output: string; readonly Start: string }[];
}

const OFTEN = ["--health-interval", "100ms", "--health-retries", "2"];

describe("health checks", function () {
  this.timeout(30_000);
  let daemon: TestDaemon;
  before(needsDocker);
  before(async () => {
    daemon = await TestDaemon.start();
  });
  after(async () => {
    await daemon[Symbol.asyncDispose]();
  });

  const run = (name: string, ...options: readonly string[]): Promise<string> =>
    dockerOk(daemon, "run", "-d", "--network", "none", "--name", name, ...options, "busybox", "sleep", "1000");
  const healthOf = async (name: string): Promise<Health> =>
    JSON.parse(await dockerOk(daemon, "inspect", "-f", "{{json .State.Health}}", name)) as Health;
  const idOf = (name: string): Promise<string> => dockerOk(daemon, "inspect", "-f", "{{.Id}}", name);
  const shell = (name: string, line: string): Promise<string> => dockerOk(daemon, "exec", name, "sh", "-c", line);
  const statusOf = (name: string): Promise<string> =>
    dockerOk(daemon, "ps", "-a", "--filter", `name=^${name}$`, "--format", "{{.Status}}");

  /** Resolves at the next `health_status` of that kind, the ones before counted in. */
  async function becomes(name: string, status: string, count = 1): Promise<void> {
    const filters = encodeURIComponent(JSON.stringify({ container: [name], event: ["health_status"] }));
    let seen = 0;
    for await (const line of daemon.lines(`/events?since=0&filters=${filters}`))
      if (line.includes(`health_status: ${status}`) && ++seen === count) return;
  }
  /** Resolves when the file in the container has that many lines. */
  const probed = (name: string, count: number): Promise<string> =>
    shell(name, `until [ "$(wc -l </probes 2>/dev/null || echo 0)" -ge ${count} ]; do sleep 0.05; done`);

  it("say starting, unhealthy and healthy in ps, inspect, filters and events", async () => {
    await run("web", ...OFTEN, "--health-cmd", "echo asked; echo for >&2; test -e /ready");
    match(await statusOf("web"), /^Up .* \((?:health: starting|unhealthy)\)$/);
    await becomes("web", "unhealthy");
    match(await statusOf("web"), /^Up .* \(unhealthy\)$/);
    const ill = await healthOf("web");
    equal(ill.Status, "unhealthy");
    ok(ill.FailingStreak >= 2, `${ill.FailingStreak}`);
    deepEqual([ill.Log[0]?.ExitCode, ill.Log[0]?.Output.split("\n").sort()], [1, ["", "asked", "for"]]);
    await shell("web", "touch /ready");
    await becomes("web", "healthy");
    const well = await healthOf("web");
    deepEqual([well.Status, well.FailingStreak, well.Log.at(-1)?.ExitCode], ["healthy", 0, 0]);
    ok(well.Log.length <= 5);
    equal(await dockerOk(daemon, "ps", "-q", "--no-trunc", "--filter", "health=healthy"), await idOf("web"));
    equal(await dockerOk(daemon, "ps", "-q", "--filter", "health=starting"), "");
    await dockerOk(daemon, "stop", "-t0", "web");
    equal((await healthOf("web")).Status, "unhealthy");
    // A new run begins anew.
    await dockerOk(daemon, "start", "web");
    await becomes("web", "healthy", 2);
  });

  it("leave no event of an exec, and no exec in inspect", async () => {
    await run("quiet", ...OFTEN, "--health-cmd", "echo x >>/probes");
    await probed("quiet", 2);
    const events = await dockerOk(daemon, "events", "--since", "0", "--until", "0s", "--filter", "container=quiet");
    equal(events.split("\n").filter((line) => line.includes("exec_create: /bin/sh")).length, 0);
    equal(await dockerOk(daemon, "inspect", "-f", "{{json .ExecIDs}}", "quiet"), "null");
  });

  it("that take too long are killed and count as failures, with what they said", async () => {
    // The start of the check counts too.
    const limit = `${SLOWNESS}s`;
    await run("slow", ...OFTEN, "--health-timeout", limit, "--health-cmd", "echo begun; exec sleep 1234");
    await becomes("slow", "unhealthy");
    const { Log } = await healthOf("slow");
    deepEqual([Log[0]?.ExitCode, Log[0]?.Output], [-1, `Health check exceeded timeout (${limit}): begun\n`]);
    await dockerOk(
      daemon,
      "exec",
      "slow",
      "sh",
      "-c",
      "until [ $(ps -o args | grep -c '[s]leep 1234') -le 1 ]; do sleep 0.05; done",
    );
  });

  it("that cannot be started say why", async () => {
    await daemon.call("POST", "/containers/create?name=nothing", {
      body: {
        Image: "busybox",
        Cmd: ["sleep", "1000"],
        Healthcheck: { Test: ["CMD", "/nosuch"], Interval: 1e8, Retries: 1 },
        HostConfig: { NetworkMode: "none" },
      },
    });
    await dockerOk(daemon, "start", "nothing");
    await becomes("nothing", "unhealthy");
    const { Log } = await healthOf("nothing");
    match(`${Log[0]?.ExitCode} ${Log[0]?.Output}`, /^-1 .*\/nosuch/);
  });

  it("of an image are its containers', field by field, and can be switched off", async () => {
    const Healthcheck = { Test: ["CMD", "test", "-e", "/ready"], Interval: 1e8, Retries: 1 };
    await daemon.load(dockerArchive("checked:latest", [busyboxLayer()], { config: { Healthcheck } }));
    const start = (name: string, ...options: readonly string[]): Promise<string> =>
      dockerOk(daemon, "run", "-d", "--network", "none", "--name", name, ...options, "checked", "sleep", "1000");
    await start("inherits");
    await becomes("inherits", "unhealthy");
    await start("changes", "--health-retries", "1000");
    await shell("changes", "touch /ready");
    await becomes("changes", "healthy");
    deepEqual(JSON.parse(await dockerOk(daemon, "inspect", "-f", "{{json .Config.Healthcheck}}", "changes")), {
      ...Healthcheck,
      Retries: 1000,
    });
    await start("without", "--no-healthcheck");
    equal(await dockerOk(daemon, "inspect", "-f", "{{json .State.Health}}", "without"), "null");
  });

  it("go on after the daemon was killed, with what was known", async () => {
    await run("lives", ...OFTEN, "--health-cmd", "echo x >>/probes");
    await becomes("lives", "healthy");
    await daemon.kill();
    await daemon.launch();
    equal((await healthOf("lives")).Status, "healthy");
    await shell("lives", ": >/probes");
    await probed("lives", 2);
  });

  it("rest while the container is paused", async () => {
    for (const name of ["rests", "other"]) await run(name, ...OFTEN, "--health-cmd", "echo x >>/probes");
    await becomes("rests", "healthy");
    await dockerOk(daemon, "pause", "rests");
    const paused = Date.now();
    // So that some are due meanwhile.
    await shell("other", ": >/probes");
    await probed("other", 3);
    match(await statusOf("rests"), /\(Paused\)$/);
    equal((await healthOf("rests")).Status, "healthy");
    const begun = (await healthOf("rests")).Log.map(({ Start }) => Date.parse(Start));
    ok(Math.max(...begun) <= paused, `${begun.join()} after ${paused}`);
    await dockerOk(daemon, "unpause", "rests");
    await shell("rests", ": >/probes");
    await probed("rests", 2);
    equal((await healthOf("rests")).Status, "healthy");
  });

  it("run nothing where NONE says so", async () => {
    await run("none", "--no-healthcheck");
    equal(await dockerOk(daemon, "inspect", "-f", "{{json .State.Health}}", "none"), "null");
    deepEqual(JSON.parse(await dockerOk(daemon, "inspect", "-f", "{{json .Config.Healthcheck}}", "none")), {
      Test: ["NONE"],
    });
    ok((await dockerOk(daemon, "ps", "-q", "--no-trunc", "--filter", "health=none")).includes(await idOf("none")));
  });
});
