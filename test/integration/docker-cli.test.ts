/** The docker CLI with only DOCKER_HOST set. Each criterion holds for dockerd too. */
import { equal, deepEqual, match, notEqual } from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { busyboxArchive } from "../support/busybox-image.ts";
import { TestDaemon } from "../support/daemon.ts";
import { docker, dockerOk, dockerPty, dockerRaw, needsDocker } from "../support/docker-cli.ts";

const RUN = ["run", "--rm", "--network", "none"] as const;
const MEGABYTES = 100;

describe("docker CLI", function () {
  this.timeout(90_000);
  let daemon: TestDaemon;
  before(needsDocker);
  before(async () => {
    daemon = await TestDaemon.start({ busybox: false });
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
  });

  const ok = (...args: readonly string[]): Promise<string> => dockerOk(daemon, ...args);

  it("load prints the name", async () => {
    const folder = await mkdtemp("/tmp/slipway-load-");
    const file = join(folder, "busybox.tar");
    await writeFile(file, busyboxArchive());
    equal(await ok("load", "-i", file), "Loaded image: busybox:latest");
    await rm(folder, { recursive: true });
  });

  it("version and info answer", async () => {
    match(
      await ok("version", "--format", "{{.Server.Version}} {{.Server.APIVersion}} {{.Server.Os}}"),
      /^\S+ 1\.\d+ linux$/,
    );
    match(await ok("info", "--format", "{{.Driver}} {{.NCPU}} {{.Images}}"), /^overlay\S* \d+ 1$/);
  });

  it("run --rm prints and leaves no container", async () => {
    equal(await ok(...RUN, "busybox", "echo", "hi"), "hi");
    equal(await ok("ps", "-aq"), "");
  });

  it("run on the default bridge has an address and a gateway", async () => {
    match(
      await ok("run", "--rm", "busybox", "sh", "-c", "ip -4 addr show eth0; ip route"),
      /inet \d+\.\d+[^]*default via/,
    );
  });

  it("run -d, ps -a, logs -f, wait", async () => {
    const id = await ok(
      "run",
      "-d",
      "--network",
      "none",
      "busybox",
      "sh",
      "-c",
      "echo one; sleep 0.3; echo two; exit 3",
    );
    match(id, /^[0-9a-f]{64}$/);
    equal(await ok("logs", "-f", id), "one\ntwo");
    equal(await ok("wait", id), "3");
    match(await ok("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Status}}"), new RegExp(`^${id} Exited \\(3\\)`));
    equal(await ok("rm", id), id);
  });

  it("exec -it has a terminal of the caller's size", async () => {
    await ok("run", "-d", "--name", "pty", "--network", "none", "busybox", "sleep", "1000");
    const result = await dockerPty(daemon, "exec -it pty sh -c 'sleep 0.3; tty; stty size; exit 7'");
    deepEqual([result.code, result.stdout.trim().split("\n")], [7, ["/dev/pts/0", "40 100"]]);
  });

  it("exec passes stdin, user, environment, folder and exit code", async () => {
    const script = "echo $(id -u):$(id -G) $(pwd) $E $(cat); exit 5";
    const result = await docker(
      daemon,
      ["exec", "-i", "-u", "www", "-w", "/tmp", "-e", "E=1", "pty", "sh", "-c", script],
      { input: "in" },
    );
    deepEqual([result.code, result.stdout], [5, "33:33 44 /tmp 1 in\n"]);
  });

  it("exec of a missing command exits 127 or 126 and the container lives", async () => {
    const { code, stderr, stdout } = await docker(daemon, ["exec", "pty", "nope"]);
    match(String(code), /^12[67]$/);
    match(stderr + stdout, /not found|no such file/);
    equal(await ok("inspect", "-f", "{{.State.Running}}", "pty"), "true");
  });

  it("attach to a terminal, and the detach keys leave it running", async () => {
    await ok("run", "-dit", "--name", "shell", "--network", "none", "busybox", "sh");
    const result = await dockerPty(daemon, "attach shell", [
      ["", "echo back$((40+2))\n"],
      ["back42", "\u0010\u0011"],
    ]);
    match(result.stdout, /back42/);
    equal(await ok("inspect", "-f", "{{.State.Status}}", "shell"), "running");
  });

  it("attach gives the exit code", async () => {
    await ok("create", "-i", "--name", "cat", "--network", "none", "busybox", "sh", "-c", "cat; exit 6");
    const { code, stdout } = await docker(daemon, ["start", "-ai", "cat"], { input: "through" });
    deepEqual([code, stdout], [6, "through"]);
  });

  it("top and inspect", async () => {
    match(await ok("top", "pty"), /PID[^]*sleep 1000/);
    deepEqual(JSON.parse(await ok("inspect", "-f", "{{json .Config.Cmd}}", "pty")), ["sleep", "1000"]);
    match(
      await ok("inspect", "-f", "{{.State.Pid}} {{.Image}} {{.Name}}", "pty"),
      /^[1-9]\d* sha256:[0-9a-f]{64} \/pty$/,
    );
  });

  it("pause and unpause", async () => {
    await ok("pause", "pty");
    equal(await ok("inspect", "-f", "{{.State.Status}}", "pty"), "paused");
    await ok("unpause", "pty");
    equal(await ok("exec", "pty", "echo", "on"), "on");
  });

  it("stop sends the signal, and kills after its time", async () => {
    const trap = ["busybox", "sh", "-c", 'trap "exit 5" TERM; echo up; while :; do sleep 0.05; done'];
    await ok("run", "-d", "--name", "polite", "--network", "none", ...trap);
    await firstLogLine("polite");
    await ok("stop", "polite");
    equal(await ok("inspect", "-f", "{{.State.ExitCode}}", "polite"), "5");
    const deaf = ["busybox", "sh", "-c", 'trap "" TERM; echo up; while :; do sleep 0.05; done'];
    await ok("run", "-d", "--name", "deaf", "--network", "none", ...deaf);
    await firstLogLine("deaf");
    await ok("stop", "-t", "1", "deaf");
    equal(await ok("inspect", "-f", "{{.State.ExitCode}}", "deaf"), "137");
  });

  it("kill -s", async () => {
    const trap = ["busybox", "sh", "-c", 'trap "exit 9" USR1; echo up; while :; do sleep 0.05; done'];
    await ok("run", "-d", "--name", "signalled", "--network", "none", ...trap);
    await firstLogLine("signalled");
    await ok("kill", "-s", "USR1", "signalled");
    equal(await ok("wait", "signalled"), "9");
  });

  it("rm refuses a running container without -f", async () => {
    const { code, stderr } = await docker(daemon, ["rm", "pty"]);
    notEqual(code, 0);
    match(stderr, /container is running|cannot remove/);
    equal(await ok("rm", "-f", "pty", "shell"), "pty\nshell");
  });

  it(`run -i pipes ${MEGABYTES} MB through cat unchanged`, async () => {
    const input = randomBytes(MEGABYTES * 1_000_000);
    const { code, stdout } = await dockerRaw(daemon, [...RUN, "-i", "busybox", "cat"], input);
    const digest = (data: Buffer): string => createHash("sha256").update(data).digest("hex");
    deepEqual([code, stdout.length, digest(stdout)], [0, input.length, digest(input)]);
  });

  it("run of a missing command exits 127 with Docker's message", async () => {
    const { code, stderr } = await docker(daemon, [...RUN, "busybox", "no-such-command"]);
    equal(code, 127);
    match(stderr, /failed to create task|OCI runtime create failed/);
    match(stderr, /exec: "no-such-command": executable file not found in \$PATH/);
  });

  it("run of a file that cannot run exits 126", async () => {
    equal((await docker(daemon, [...RUN, "busybox", "/etc/passwd"])).code, 126);
  });

  it("run gives the container's own exit code", async () => {
    equal((await docker(daemon, [...RUN, "busybox", "sh", "-c", "exit 42"])).code, 42);
  });

  it("run keeps stdout and stderr apart", async () => {
    const { stdout, stderr } = await docker(daemon, [...RUN, "busybox", "sh", "-c", "echo o; echo e >&2"]);
    deepEqual([stdout, stderr], ["o\n", "e\n"]);
  });

  it("--restart on-failure:2 restarts twice", async () => {
    await ok(
      "run",
      "-d",
      "--name",
      "again",
      "--network",
      "none",
      "--restart",
      "on-failure:2",
      "busybox",
      "sh",
      "-c",
      "exit 3",
    );
    for (let deaths = 0; deaths < 3; deaths++) await died("again", deaths);
    equal(await ok("inspect", "-f", "{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}}", "again"), "2 exited 3");
    await ok("rm", "again");
  });

  it("--memory is in the kernel", async () => {
    const script = "cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes";
    equal(await ok(...RUN, "-m", "64m", "busybox", "sh", "-c", script), "67108864");
  });

  it("--cap-drop ALL", async () => {
    equal(
      await ok(...RUN, "--cap-drop", "ALL", "busybox", "grep", "CapBnd", "/proc/self/status"),
      "CapBnd:\t0000000000000000",
    );
  });

  it("--read-only", async () => {
    const { code, stderr } = await docker(daemon, [...RUN, "--read-only", "busybox", "touch", "/x"]);
    deepEqual([code, /Read-only file system/.test(stderr)], [1, true]);
  });

  /** Resolves with the death after `before` others, by the events since the beginning. */
  async function died(name: string, before: number): Promise<void> {
    const filters = JSON.stringify({ container: [name], event: ["die"] });
    let count = 0;
    for await (const _ of daemon.lines(`/events?since=0&filters=${encodeURIComponent(filters)}`))
      if (count++ === before) return;
  }

  /** Resolves when the container has printed a line: its traps are set by then. */
  async function firstLogLine(name: string): Promise<void> {
    for await (const _ of daemon.lines(`/containers/${name}/logs?follow=1&stdout=1`)) return;
  }
});
