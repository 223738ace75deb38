/** The built `slipway` command against a real daemon. */
import { deepEqual, equal, match } from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TestDaemon } from "../support/daemon.ts";
import { TestRegistry } from "../support/registry.ts";
import { run, runRaw, type RunOptions, type RunResult } from "../support/process.ts";
import { type Typing, underPty } from "../support/pty.ts";
import { ROOT } from "../support/source-tree.ts";
import { within } from "../support/time-limit.ts";

const COMMAND = join(ROOT, "sdk/dist/slipway.js");
const LIMIT_MS = 60_000;

describe("slipway", function () {
  this.timeout(90_000);
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start();
  });
  after(() => daemon[Symbol.asyncDispose]());

  const slipway = (args: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
    run(process.execPath, ["--", COMMAND, ...args], {
      signal: within(LIMIT_MS),
      ...options,
      env: { ...daemon.env, ...options.env },
    });

  const ok = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await slipway(args);
    equal(code, 0, `slipway ${args.join(" ")}: ${stderr}${stdout}`);
    return stdout.trimEnd();
  };

  const typed = (command: string, typing: readonly Typing[]): Promise<{ code: number; screen: string }> =>
    underPty(`${process.execPath} -- ${COMMAND} ${command}`, { env: daemon.env, typing, limitMs: LIMIT_MS });

  it("run keeps the streams apart and ends with the container's exit code", async () => {
    const { code, stdout, stderr } = await slipway([
      "run",
      "--rm",
      "busybox",
      "sh",
      "-c",
      "echo out; echo err >&2; exit 3",
    ]);
    deepEqual([code, stdout, stderr], [3, "out\n", "err\n"]);
  });

  it("run ends with 127 and 126 where the program cannot be run", async () => {
    const missing = await slipway(["run", "--rm", "busybox", "nosuch"]);
    equal(missing.code, 127);
    match(
      missing.stderr,
      /^slipway: Error response from daemon: .*executable file not found in \$PATH.*\n\nRun 'slipway run --help'/,
    );
    equal((await slipway(["run", "--rm", "busybox", "/etc"])).code, 126);
  });

  it("run ends with 125 where the engine refuses, and leaves no container", async () => {
    const { code, stderr } = await slipway(["run", "--rm", "--pull", "never", "nosuch"]);
    deepEqual(
      [code, stderr.split("\n")[0]],
      [125, "slipway: Error response from daemon: No such image: nosuch:latest"],
    );
    equal(await ok("ps", "-aq"), "");
  });

  it("run -i passes a stream through and closes the program's input with ours", async () => {
    const input = randomBytes(20_000_000);
    const { code, stdout } = await runRaw(process.execPath, ["--", COMMAND, "run", "--rm", "-i", "busybox", "cat"], {
      input,
      env: daemon.env,
      signal: within(LIMIT_MS),
    });
    const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
    deepEqual([code, digest(stdout)], [0, digest(input)]);
  });

  it("run -d prints the id, writes --cidfile, and a second container of the name is refused", async () => {
    const cidfile = join(daemon.root, "cid");
    const id = await ok(
      "run",
      "-d",
      "--cidfile",
      cidfile,
      "--name",
      "web",
      "busybox",
      "sh",
      "-c",
      "echo one; echo two >&2; exec sleep 1000",
    );
    match(id, /^[0-9a-f]{64}$/);
    equal(await readFile(cidfile, "utf8"), id);
    const again = await slipway(["run", "-d", "--name", "web", "busybox", "true"]);
    equal(again.code, 125);
    match(again.stderr, /Conflict\. The container name "\/web" is already in use/);
  });

  it("ps, logs, top and inspect show it", async () => {
    match(
      await ok("ps"),
      /^CONTAINER ID {3}IMAGE {5}COMMAND {18}CREATED .*\n[0-9a-f]{12} {3}busybox {3}"sh -c 'echo one; ec…" .* Up .* web$/,
    );
    equal(await ok("ps", "--format", "{{.Names}} {{.Image}} {{.State}}"), "web busybox running");
    const { stdout, stderr } = await slipway(["logs", "web"]);
    deepEqual([stdout, stderr], ["one\n", "two\n"]);
    match(await ok("logs", "-t", "--tail", "1", "web"), /^(\d{4}-\d\d-\d\dT[\d:.]+Z one)?$/);
    match(await ok("top", "web"), /sleep 1000/);
    equal(await ok("inspect", "-f", "{{.State.Status}} {{index .Config.Cmd 0}}", "web"), "running sh");
    equal((JSON.parse(await ok("container", "inspect", "web")) as { Name: string }[])[0]?.Name, "/web");
    match(await ok("stats", "--no-stream", "web"), / web .*%/);
  });

  it("exec ends with the program's exit code, with its input and its environment", async () => {
    deepEqual(await slipway(["exec", "web", "sh", "-c", "echo here; exit 9"]), {
      code: 9,
      stdout: "here\n",
      stderr: "",
    });
    const piped = await slipway(["exec", "-i", "-e", "A=1", "-w", "/tmp", "web", "sh", "-c", "cat; echo $A $PWD"], {
      input: "in\n",
    });
    deepEqual(piped, { code: 0, stdout: "in\n1 /tmp\n", stderr: "" });
    equal((await slipway(["exec", "web", "nosuch"])).code, 127);
  });

  it("pause, unpause, rename, stop, start, restart, kill and wait print the name", async () => {
    for (const words of ["pause web", "unpause web", "stop -t 0 web", "start web", "restart -t 0 web", "kill web"])
      equal(await ok(...words.split(" ")), "web", words);
    equal(await ok("wait", "web"), "137");
    equal(await ok("rename", "web", "old"), "");
    equal(await ok("rm", "-f", "old"), "old");
  });

  it("run -t gives the program a terminal of our size, and it follows ours", async () => {
    const { code, screen } = await typed("run --rm -it busybox sh", [["# ", "stty size; exit 5\n"]]);
    equal(code, 5);
    match(screen, /40 100\r\n/);
    equal(screen.includes("\r\r\n"), false);
  });

  it("the detach keys leave the container, and attach comes back to it", async () => {
    const { code } = await typed("run -it --name dt busybox sh", [["# ", "\x10\x11"]]);
    equal(code, 0);
    const { code: again, screen } = await typed("attach dt", [["# ", "echo $((40+2)); exit 6\n"]]);
    deepEqual([again, screen.includes("42")], [6, true]);
    equal(await ok("rm", "dt"), "dt");
  });

  it("signals go to the container", async () => {
    const script = "trap 'echo caught; exit 12' TERM; echo ready; while :; do sleep 0.1; done";
    const child = spawn(process.execPath, ["--", COMMAND, "run", "--rm", "busybox", "sh", "-c", script], {
      env: { ...process.env, ...daemon.env },
    });
    const closed = once(child, "close") as Promise<[number]>;
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (chunk.includes("ready")) child.kill("SIGTERM");
    });
    deepEqual([(await closed)[0], text], [12, "ready\ncaught\n"]);
  });

  it("images, tag, history, save, load, import and rmi do what docker's do", async () => {
    equal(await ok("images", "--format", "{{.Repository}}:{{.Tag}}"), "busybox:latest");
    await ok("tag", "busybox", "localhost:5000/team/app:1");
    match(await ok("history", "-q", "localhost:5000/team/app:1"), /^[0-9a-f]{12}/);
    const archive = join(daemon.root, "app.tar");
    await ok("save", "-o", archive, "localhost:5000/team/app:1");
    equal(await ok("rmi", "localhost:5000/team/app:1"), "Untagged: localhost:5000/team/app:1");
    equal(await ok("load", "-i", archive), "Loaded image: localhost:5000/team/app:1");
    equal(await ok("rmi", "localhost:5000/team/app:1"), "Untagged: localhost:5000/team/app:1");
    equal(existsSync(archive), true);
    const missing = await slipway(["inspect", "nosuch"]);
    deepEqual(missing, { code: 1, stdout: "[]\n", stderr: "Error: No such object: nosuch\n" });
  });

  it("login, push, pull and logout go to a registry with the user's credentials", async () => {
    await using registry = await TestRegistry.start(daemon);
    const name = `${registry.address}/team/app:1`;
    await ok("tag", "busybox", name);
    const refused = await slipway(["push", name]);
    equal(refused.code, 1);
    match(refused.stderr, /no basic auth credentials|authentication required|unauthorized/);
    const wrong = await slipway(["login", "-u", registry.user, "--password-stdin", registry.address], {
      input: "wrong\n",
    });
    equal(wrong.code, 1);
    const right = await slipway(["login", "-u", registry.user, "--password-stdin", registry.address], {
      input: `${registry.password}\n`,
    });
    deepEqual([right.code, right.stdout], [0, "Login Succeeded\n"], right.stderr);
    match(await ok("push", name), /^The push refers to repository \[.*\n[^]*1: digest: sha256:[0-9a-f]{64} size: \d+$/);
    await ok("rmi", name, "busybox");
    match(
      await ok("pull", name),
      /^1: Pulling from team\/app\n[^]*Pull complete\nDigest: sha256:[0-9a-f]{64}\nStatus: Downloaded newer image for .*\n.*\/team\/app:1$/,
    );
    equal(await ok("pull", "-q", name), name);
    match(await ok("run", "--rm", "--network", "none", "--pull", "always", name, "echo", "pulled"), /^pulled$/m);
    await ok("tag", name, "busybox:latest");
    equal(await ok("logout", registry.address), `Removing login credentials for ${registry.address}`);
    deepEqual(
      (JSON.parse(await readFile(join(daemon.root, "cli/config.json"), "utf8")) as { auths: object }).auths,
      {},
    );
    await ok("rmi", name);
  });

  it("logs -f ends with the container, stats draws until it is told to stop", async () => {
    await ok(
      "run",
      "-d",
      "--name",
      "lf",
      "busybox",
      "sh",
      "-c",
      "for i in 1 2 3; do echo line $i; sleep 0.3; done; sleep 1",
    );
    const child = spawn(process.execPath, ["--", COMMAND, "stats", "lf"], { env: { ...process.env, ...daemon.env } });
    const closed = once(child, "close");
    let screen = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      screen += text;
      if (/ lf /.test(screen)) child.kill("SIGINT");
    });
    equal(await ok("logs", "-f", "lf"), "line 1\nline 2\nline 3");
    await closed;
    match(screen, /\x1b\[HCONTAINER ID/);
    await ok("rm", "-f", "lf");
  });

  it("events ends at --until and tells what happened as JSON", async () => {
    const lines = (
      await ok("events", "--since", "1h", "--until", "0s", "-f", "type=container", "--format", "{{json .}}")
    ).split("\n");
    const actions = new Set(lines.map((line) => (JSON.parse(line) as { Action: string }).Action));
    for (const action of ["create", "start", "die", "destroy"]) equal(actions.has(action), true, action);
  });

  it("volumes and networks are made, listed and removed", async () => {
    equal(await ok("volume", "create", "v1"), "v1");
    match(await ok("volume", "ls"), /local {5}v1/);
    equal(await ok("volume", "rm", "v1"), "v1");
    match(await ok("network", "ls", "--format", "{{.Name}} {{.Driver}}"), /^bridge bridge$/m);
    match(await ok("system", "df"), /^TYPE {12}TOTAL/);
  });

  it("a reader that leaves ends the command without a word", async () => {
    const line = `${process.execPath} -- ${COMMAND} run --rm busybox sh -c 'yes | head -c 3000000' | head -c 2`;
    deepEqual(await run("sh", ["-c", line], { env: daemon.env, signal: within(LIMIT_MS) }), {
      code: 0,
      stdout: "y\n",
      stderr: "",
    });
  });

  it("daemon takes this process's place: its --help is the daemon's", async () => {
    const { stdout, stderr } = await slipway(["daemon", "--help"]);
    match(stdout + stderr, /--data-root/);
  });

  it("doctor finds this machine able, and says what it looked at", async () => {
    const { code, stdout } = await slipway(["doctor"]);
    equal(code, 0, stdout);
    match(stdout, /runc .*\n[^]*cgroups [^]*engine +Slipway\//);
  });
});
