/** Killing any process at any moment loses nothing that was acknowledged, and the next start needs no repair by hand. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { TestDaemon } from "../support/daemon.ts";
import { connectRaw } from "../support/raw-stream.ts";
import { run } from "../support/process.ts";
import { within } from "../support/time-limit.ts";

interface Inspected {
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Pid: number;
    readonly ExitCode: number;
  };
  readonly RestartCount: number;
}

describe("life without the daemon", function () {
  this.timeout(60_000);
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start();
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
  });

  async function start(
    name: string,
    cmd: readonly string[],
    more: Readonly<Record<string, unknown>> = {},
    host = {},
  ): Promise<string> {
    const body = { Image: "busybox", Cmd: cmd, ...more, HostConfig: { NetworkMode: "none", ...host } };
    const { Id } = await daemon.call<{ Id: string }>("POST", `/containers/create?name=${name}`, { body });
    await daemon.call("POST", `/containers/${Id}/start`);
    return Id;
  }
  async function exec(name: string, Cmd: readonly string[]): Promise<number> {
    const { Id } = await daemon.call<{ Id: string }>("POST", `/containers/${name}/exec`, {
      body: { Cmd, AttachStdout: true },
    });
    await daemon.call("POST", `/exec/${Id}/start`, { body: { Detach: false } });
    return (await daemon.call<{ ExitCode: number }>("GET", `/exec/${Id}/json`)).ExitCode;
  }
  const inspect = (name: string): Promise<Inspected> => daemon.call<Inspected>("GET", `/containers/${name}/json`);

  /** Resolves when the `count`th line of its log is there. */
  async function logged(name: string, count: number): Promise<void> {
    let seen = 0;
    for await (const line of daemon.lines(`/containers/${name}/logs?follow=1&stdout=1`))
      if (line !== "" && ++seen === count) return;
  }

  /** Every line of a log without a TTY, its frames taken off (each write is one line here). */
  async function linesOf(name: string): Promise<readonly string[]> {
    const found: string[] = [];
    // A frame's header has no newline in its eight bytes unless the length does: 10 bytes would be n10000000.
    for await (const line of daemon.lines(`/containers/${name}/logs?stdout=1`))
      found.push(line.slice(line.indexOf("n")));
    return found;
  }

  /** Resolves with the n-th event of that action, counted from the beginning of the daemon's memory. */
  async function event(name: string, action: string, count = 1): Promise<void> {
    const filters = encodeURIComponent(JSON.stringify({ container: [name], event: [action] }));
    let seen = 0;
    for await (const _ of daemon.lines(`/events?since=0&filters=${filters}`)) if (++seen === count) return;
  }

  it("SIGKILL while a container writes: it goes on, and its log has every line once", async () => {
    // Until it is told: however slow the machine, it outlives the daemon.
    const id = await start("writes", [
      "sh",
      "-c",
      "i=0; while [ ! -e /enough ]; do i=$((i+1)); echo n$i; sleep 0.01; done",
    ]);
    await logged("writes", 50);
    const { Pid } = (await inspect("writes")).State;
    await daemon.kill();
    ok(existsSync(`/proc/${Pid}`), "the container died with the daemon");
    await daemon.launch();
    deepEqual((await inspect("writes")).State.Pid, Pid);
    equal(await exec("writes", ["touch", "/enough"]), 0);
    const { StatusCode } = await daemon.call<{ StatusCode: number }>("POST", `/containers/${id}/wait`);
    equal(StatusCode, 0);
    const lines = await linesOf("writes");
    ok(lines.length > 50, `${lines.length} lines`);
    deepEqual(
      lines,
      lines.map((_, index) => `n${index + 1}`),
    );
  });

  it("SIGKILL while a container ends: the next daemon knows its exit code, and says so in an event", async () => {
    await mkdir(join(daemon.root, "go"));
    await start(
      "dies",
      ["sh", "-c", "while [ ! -e /go/now ]; do sleep 0.02; done; exit 11"],
      {},
      { Binds: [`${daemon.root}/go:/go`] },
    );
    const { Pid } = (await inspect("dies")).State;
    await daemon.kill();
    await run("touch", [join(daemon.root, "go", "now")]);
    await run("tail", ["--pid", String(Pid), "-f", "/dev/null"]);
    await daemon.launch();
    await event("dies", "die");
    const { State } = await inspect("dies");
    deepEqual([State.Status, State.Running, State.ExitCode], ["exited", false, 11]);
  });

  it("SIGKILL while a terminal is open: attach works again", async () => {
    await start("terminal", ["sh"], { Tty: true, OpenStdin: true });
    await daemon.kill();
    await daemon.launch();
    await using stream = await connectRaw(
      daemon.socket,
      "/containers/terminal/attach?stream=1&stdin=1&stdout=1&stderr=1",
    );
    stream.write("echo back$((40+2))\r");
    match(await stream.until("back42"), /back42/);
  });

  it("SIGKILL: exec works in what lives, and stop ends it", async () => {
    await start("lives", ["sleep", "1000"]);
    await daemon.kill();
    await daemon.launch();
    equal(await exec("lives", ["sh", "-c", "exit 3"]), 3);
    await daemon.call("POST", "/containers/lives/stop?t=0");
    equal((await inspect("lives")).State.Status, "exited");
  });

  it("restart policies go on after SIGKILL", async () => {
    await start("always", ["sh", "-c", "exit 1"], {}, { RestartPolicy: { Name: "always" } });
    await event("always", "die", 1);
    await daemon.kill();
    await daemon.launch();
    // The daemon's memory of events began with it, so these are the new daemon's own.
    await event("always", "start");
    await event("always", "die");
    await daemon.call("DELETE", "/containers/always?force=1");
  });

  it("SIGTERM leaves containers running too", async () => {
    await start("stays", ["sleep", "1000"]);
    const { Pid } = (await inspect("stays")).State;
    await daemon.kill("SIGTERM");
    ok(existsSync(`/proc/${Pid}`), "the container died with the daemon");
    await daemon.launch();
    equal((await inspect("stays")).State.Pid, Pid);
  });

  it("a second daemon on the same data root is refused, and says why", async () => {
    const [command = "", ...args] = daemon.commandLine({
      execRoot: join(daemon.root, "exec2"),
      socket: join(daemon.root, "second.sock"),
    });
    const { code, stderr, stdout } = await run(command, args, { signal: within(20_000) });
    notEqual(code, 0);
    match(stderr + stdout, /data-root|data root|in use|already/i);
    equal((await daemon.api("GET", "/_ping")).text, "OK");
  });
});
