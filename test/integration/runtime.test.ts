import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { buffer } from "node:stream/consumers";
import type { ExecProcess, Task } from "../../daemon/runtime/runtime.ts";
import { NO_LIMITS } from "../conformance/bundle.ts";
import { BOTH, demux, execOf, readFrames, shimOf, TestRuntime, type TaskChange } from "../support/runtime.ts";

const DUPLEX = { stdin: true, stdout: true, stderr: true };
const KILL = 9;
const TERM = 15;

/** Reads until the text shows up. */
async function until(stream: Duplex, text: string): Promise<string> {
  let all = "";
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    all += String(chunk);
    if (all.includes(text)) return all;
  }
  throw new Error(`it ended without ${JSON.stringify(text)}: ${JSON.stringify(all)}`);
}

/** Resolves once the process has ended: node tells of no process that is not its child's, and a pid's descriptor can be read by none. */
async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await afterTurns(1);
}

async function afterTurns(count: number): Promise<false> {
  for (let i = 0; i < count; i++) await setTimeout(5);
  return false;
}

/** A zombie whose new parent is in no hurry is none of ours. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

describe("Runtime", function () {
  this.timeout(60_000);
  let host: TestRuntime;
  before(async () => void (host = await TestRuntime.create()));
  afterEach(async () => {
    for (const id of await host.runtime.list()) await host.runtime.cleanup(id);
    rmSync(host.log, { force: true });
    deepStrictEqual(readdirSync(join(host.execRoot, "tasks")), []);
    deepStrictEqual(readdirSync(join(host.execRoot, "runc/runc")), []);
  });
  after(() => host[Symbol.asyncDispose]());

  const sh = (script: string, change: TaskChange = {}): Promise<Task> =>
    host.create({ args: ["sh", "-c", script], ...change });

  /** A container that stays, and its first exec. */
  const sleeper = async (change: TaskChange = {}): Promise<Task> => {
    const task = await host.create({ args: ["sleep", "1000"], ...change });
    await task.start();
    return task;
  };
  const exec = async (
    task: Task,
    change: Partial<ExecProcess>,
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> => {
    const { stream, exited } = await task.exec(execOf({ id: `exec-${Math.random()}`, ...change }));
    const output = await buffer(stream as Duplex);
    return { code: (await exited).code, ...demux(output) };
  };

  describe("start", () => {
    it("attached before the start, a client has every byte, framed by stream", async () => {
      const task = await sh("echo out; echo err >&2; exit 3");
      const stream = await task.attach(BOTH);
      const { pid, startedAt } = await task.start();
      ok(pid > 0);
      match(startedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
      deepStrictEqual(demux(await buffer(stream)), { stdout: "out\n", stderr: "err\n" });
      const { code, oomKilled } = await task.exited;
      deepStrictEqual({ code, oomKilled }, { code: 3, oomKilled: false });
    });

    it("several clients get the same, each the streams it asked for", async () => {
      const task = await sh("echo out; echo err >&2");
      const streams = await Promise.all([
        task.attach(BOTH),
        task.attach({ stdin: false, stdout: true, stderr: false }),
        task.attach({ stdin: false, stdout: false, stderr: true }),
      ]);
      await task.start();
      deepStrictEqual((await Promise.all(streams.map((stream) => buffer(stream)))).map(demux), [
        { stdout: "out\n", stderr: "err\n" },
        { stdout: "out\n", stderr: "" },
        { stdout: "", stderr: "err\n" },
      ]);
    });

    const refusals: readonly [what: string, args: readonly string[], exitCode: number, message: RegExp][] = [
      ["a command that is not there", ["no-such-command"], 127, /executable file not found in \$PATH/],
      ["a path that is not there", ["/no/such"], 127, /no such file or directory/],
      ["a file that may not be executed", ["/etc/passwd"], 126, /permission denied/],
    ];
    for (const [what, args, exitCode, message] of refusals)
      it(`refuses ${what} with ${exitCode} in runc's words`, async () => {
        const task = await host.create({ args });
        await rejects(task.start(), { name: "StartError", kind: "InvalidParameter", exitCode, message });
        await task.delete();
        deepStrictEqual(await host.runtime.list(), []);
      });

    it("refuses a runtime that it does not know", async () => {
      const { id, spec } = host.spec({});
      const options = { id, spec, runtime: "nope", stdin: false, stdinOnce: false, tty: false };
      await rejects(host.runtime.create({ ...options, log: { path: "", maxSize: 0, maxFiles: 1 } }), {
        kind: "InvalidParameter",
      });
    });

    it("a container inherits nothing but its stdio", async () => {
      const task = await sh("ls /proc/self/fd; cat /proc/self/status");
      const stream = await task.attach(BOTH);
      await task.start();
      const { stdout } = demux(await buffer(stream));
      // 3 is the folder that ls reads.
      match(stdout, /^0\n1\n2\n3\nName:/);
      match(stdout, /^SigBlk:\t0+$/m);
      match(stdout, /^SigIgn:\t0+4?$/m); // busybox' sh ignores SIGQUIT
    });
  });

  describe("stdio", () => {
    it("a terminal: raw output, size at start and by resize, the end of input by ^D", async () => {
      const task = await sh("stty size; read x; stty size; cat", { tty: true, stdin: true, consoleSize: [11, 22] });
      const stream = await task.attach(DUPLEX);
      await task.start();
      await until(stream, "11 22\r\n");
      await task.resize(33, 44);
      stream.write("go\n");
      await until(stream, "33 44\r\n");
      stream.write("\u0004");
      await buffer(stream);
      strictEqual((await task.exited).code, 0);
    });

    it("100 MB through stdin and stdout arrive whole, and end() closes stdin", async () => {
      const task = await sh("cat", { stdin: true, stdinOnce: true, log: { path: "" } });
      const stream = await task.attach(DUPLEX);
      await task.start();
      const block = Buffer.alloc(1 << 20, "slipway 0123456789\n");
      const [sent, received] = [createHash("sha256"), createHash("sha256")];
      const writing = (async () => {
        for (let i = 0; i < 100; i++) {
          sent.update(block);
          if (!stream.write(block)) await once(stream, "drain");
        }
        stream.end();
      })();
      await readFrames(stream, (payload) => received.update(payload));
      await writing;
      strictEqual(received.digest("hex"), sent.digest("hex"));
      strictEqual((await task.exited).code, 0);
    });

    it("a slow client holds the container back; the log and the client miss nothing", async () => {
      const task = await sh("seq 1 200000");
      const stream = await task.attach(BOTH);
      await task.start();
      stream.pause();
      const finished = await Promise.race([task.exited.then(() => true), afterTurns(200)]);
      strictEqual(finished, false, "held back");
      const { stdout } = demux(await buffer(stream));
      strictEqual(stdout.length, 1_288_895);
      await task.exited;
      strictEqual(readFileSync(host.log, "utf8").split("\n").length, 200_001);
    });

    it("a client that goes away releases the container; stdin stays open without stdinOnce", async () => {
      const task = await sh("seq 1 200000; read x; echo got $x", { stdin: true });
      const slow = await task.attach(DUPLEX);
      await task.start();
      slow.pause();
      slow.destroy();
      const next = await task.attach(DUPLEX);
      next.write("it\n");
      match(demux(await buffer(next)).stdout, /got it\n$/);
    });

    it("rotates the log by size and keeps the number of files", async () => {
      const task = await sh("seq 1 5000", { log: { maxSize: 100_000, maxFiles: 3 } });
      await task.start();
      await task.exited;
      const files = readdirSync(host.root).filter((name) => name.startsWith("json.log"));
      deepStrictEqual(files.sort(), ["json.log", "json.log.1", "json.log.2"]);
      for (const name of files) {
        const text = readFileSync(join(host.root, name), "utf8");
        ok(text.length <= 100_000);
        for (const line of text.trimEnd().split("\n")) JSON.parse(line);
      }
      for (const name of files.slice(1)) rmSync(join(host.root, name));
    });
  });

  describe("exec", () => {
    it("gives user, groups, environment, folder, capabilities and limits", async () => {
      const task = await sleeper();
      const script =
        "id -u; id -g; id -G; echo $FOO; pwd; ulimit -n; grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/self/status; cat /proc/self/oom_score_adj";
      const { code, stdout, stderr } = await exec(task, {
        args: ["sh", "-c", script],
        env: ["PATH=/bin", "FOO=bar"],
        cwd: "/tmp",
        uid: 12,
        gid: 34,
        additionalGids: [56],
        noNewPrivileges: true,
        rlimits: [{ type: "RLIMIT_NOFILE", soft: 77, hard: 88 }],
        oomScoreAdj: 123,
      });
      strictEqual(stderr, "");
      strictEqual(code, 0);
      deepStrictEqual(stdout.trim().split("\n"), [
        ...["12", "34", "34 56", "bar", "/tmp", "77"],
        ...["CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t0", "123"],
      ]);
    });

    it("joins every namespace and cgroup of the container, with the capabilities that were named", async () => {
      const task = await sleeper();
      const look =
        "cat /proc/1/cgroup > /tmp/1; cat /proc/self/cgroup > /tmp/2; cmp /tmp/1 /tmp/2; readlink /proc/1/ns/* > /tmp/1; readlink /proc/self/ns/* > /tmp/2; cmp /tmp/1 /tmp/2; grep CapEff /proc/self/status";
      const { stdout } = await exec(task, { args: ["sh", "-c", look], capabilities: ["CAP_CHOWN", "CAP_KILL"] });
      strictEqual(stdout, "CapEff:\t0000000000000021\n");
    });

    const codes: readonly [args: readonly string[], code: number][] = [
      [["sh", "-c", "exit 5"], 5],
      [["sh", "-c", "kill -9 $$"], 137],
      [["true"], 0],
    ];
    for (const [args, code] of codes)
      it(`ends with ${code}: ${args.join(" ")}`, async () => {
        strictEqual((await exec(await sleeper(), { args })).code, code);
      });

    const refusals: readonly [what: string, change: Partial<ExecProcess>, exitCode: number, message: RegExp][] = [
      ["no such command", { args: ["nope"] }, 127, /exec: "nope": executable file not found in \$PATH/],
      ["no such path", { args: ["/nope"] }, 127, /stat \/nope: no such file or directory/],
      ["not executable", { args: ["/etc/passwd"] }, 126, /permission denied/],
      ["a folder", { args: ["/etc"] }, 126, /is a directory/],
      ["no such working folder", { cwd: "/nope" }, 127, /chdir to cwd \("\/nope"\)/],
    ];
    for (const [what, change, exitCode, message] of refusals)
      it(`refuses: ${what}`, async () => {
        const task = await sleeper();
        await rejects(task.exec(execOf(change)), { name: "StartError", exitCode, message });
      });

    it("the shim that a process could find as /proc/self/exe is a copy that nobody can write", async () => {
      const task = await sleeper();
      const program = `/proc/${shimOf(host, task)}/exe`;
      match(readlinkSync(program), /memfd:slipway-shim/);
      throws(() => writeFileSync(program, "x"), /ETXTBSY|EPERM|EACCES/);
    });

    it("a terminal, resized; ended by a signal", async () => {
      const task = await sleeper();
      const started = await task.exec(
        execOf({
          args: ["sh", "-c", "stty size; read x; stty size; sleep 100"],
          tty: true,
          stdin: true,
          attach: DUPLEX,
          consoleSize: [5, 6],
        }),
      );
      const stream = started.stream as Duplex;
      await until(stream, "5 6\r\n");
      await started.resize(7, 8);
      stream.write("x\n");
      await until(stream, "7 8\r\n");
      await started.kill(TERM);
      strictEqual((await started.exited).code, 143);
      stream.destroy();
    });

    it("stdin ends with end()", async () => {
      const task = await sleeper();
      const { stream, exited } = await task.exec(execOf({ args: ["wc", "-c"], stdin: true, attach: DUPLEX }));
      (stream as Duplex).end(Buffer.alloc(300_000));
      strictEqual(demux(await buffer(stream as Duplex)).stdout.trim(), "300000");
      strictEqual((await exited).code, 0);
    });

    it("detached", async () => {
      const task = await sleeper();
      const { stream, pid, exited } = await task.exec(execOf({ args: ["sh", "-c", "exit 9"], attach: undefined }));
      strictEqual(stream, undefined);
      ok(pid > 0);
      strictEqual((await exited).code, 9);
    });

    it("many at once", async () => {
      const task = await sleeper();
      const runs = Array.from({ length: 40 }, (_, i) => exec(task, { id: `e${i}`, args: ["echo", String(i)] }));
      deepStrictEqual(
        (await Promise.all(runs)).map(({ stdout }) => stdout.trim()),
        runs.map((_, i) => String(i)),
      );
    });

    it("ends with its container", async () => {
      const task = await sleeper();
      const { exited } = await task.exec(execOf({ args: ["sleep", "1000"] }));
      await task.kill(KILL);
      strictEqual((await exited).code, 137);
      strictEqual((await task.exited).code, 137);
      await rejects(task.exec(execOf()), { kind: "Conflict" });
      await rejects(task.kill(TERM), { kind: "Conflict" });
    });
  });

  describe("a running container", () => {
    it("stops while it is paused and goes on after; figures and limits", async () => {
      const task = await sh("while :; do :; done");
      await task.start();
      await task.pause();
      const { cpu } = await task.stats();
      await afterTurns(50);
      strictEqual((await task.stats()).cpu.totalNs, cpu.totalNs);
      await task.resume();
      await task.update({ pids: { limit: 55 }, memory: { limit: 64 << 20, swap: 64 << 20 } });
      const { pids, memory } = await task.stats();
      deepStrictEqual([pids.limit, memory.limit], [55, 64 << 20]);
      deepStrictEqual(await task.processes(), [task.pid]);
    });

    it("kill(all) reaches every process", async () => {
      const task = await sh("sleep 1000 & sleep 1000 & echo ready; wait");
      const stream = await task.attach(BOTH);
      await task.start();
      await until(stream, "ready");
      strictEqual((await task.processes()).length, 3);
      await task.kill(KILL, true);
      strictEqual((await task.exited).code, 137);
      stream.destroy();
    });

    it("without a pid namespace of its own, what it left behind ends with it", async () => {
      const task = await sh("sleep 1000 & echo $!; exit 4", {
        input: {
          namespaces: { network: "new", networkIsOwn: true, ipc: "new", pid: "host", uts: "new", cgroup: "host" },
        },
      });
      const stream = await task.attach(BOTH);
      await task.start();
      const pid = Number(demux(await buffer(stream)).stdout);
      strictEqual((await task.exited).code, 4);
      await task.delete();
      ok(!isAlive(pid));
    });

    it("tells that it ran out of memory", async () => {
      const limits = { memory: 16 << 20, memorySwap: 16 << 20 };
      const task = await sh("x=a; while :; do x=$x$x; done", { host: { resources: { ...NO_LIMITS, ...limits } } });
      await task.start();
      const { code, oomKilled } = await task.exited;
      deepStrictEqual({ code, oomKilled }, { code: 137, oomKilled: true });
    });
  });

  describe("adopt", () => {
    /** As when the daemon is killed. */
    const abandon = async (task: Task): Promise<string> => {
      await task[Symbol.asyncDispose]();
      return task.id;
    };

    it("a running container goes on: stdio, exec and exit under the next daemon", async () => {
      const task = await sh("read x; echo $x; exit 6", { stdin: true });
      const { pid } = await task.start();
      const again = (await host.connect().adopt(await abandon(task))) as Task;
      strictEqual(again.pid, pid);
      const stream = await again.attach(DUPLEX);
      strictEqual((await exec(again, { args: ["echo", "hi"] })).stdout, "hi\n");
      stream.write("word\n");
      deepStrictEqual(demux(await buffer(stream)), { stdout: "word\n", stderr: "" });
      strictEqual((await again.exited).code, 6);
      await again.delete();
    });

    it("an exit that nobody saw is told", async () => {
      const task = await sh("read x; exit 7", { stdin: true, stdinOnce: true });
      const stream = await task.attach(DUPLEX);
      await task.start();
      const shim = shimOf(host, task);
      const id = await abandon(task);
      stream.end();
      await gone(shim);
      const found = await host.connect().adopt(id);
      strictEqual(found !== undefined && "code" in found && found.code, 7);
    });

    it("the daemon killed during the start: the next one waits for it and takes over", async () => {
      const task = await sleeperUnstarted();
      const starting = task.start();
      const id = await abandon(task);
      await rejects(starting, { kind: "Unavailable" });
      const again = (await host.connect().adopt(id)) as Task;
      ok(again.pid !== undefined && isAlive(again.pid));
      await again.delete();
    });

    it("never started: no trace after cleanup", async () => {
      const task = await sleeperUnstarted();
      const shim = shimOf(host, task);
      const id = await abandon(task);
      strictEqual(await host.connect().adopt(id), undefined);
      await host.connect().cleanup(id);
      await gone(shim);
      deepStrictEqual(await host.runtime.list(), []);
      strictEqual(await host.connect().adopt(id), undefined);
    });

    it("the shim killed under a living daemon: the container ends with it", async () => {
      const task = await sleeper();
      process.kill(shimOf(host, task), "SIGKILL");
      const { code, error } = await task.exited;
      strictEqual(code, 137);
      match(error ?? "", /its end was not seen/);
      await task.delete();
      ok(!isAlive(task.pid ?? 0));
    });

    it("daemon and shim killed: what is left is ended and told as 137", async () => {
      const task = await sleeper();
      const shim = shimOf(host, task);
      const id = await abandon(task);
      process.kill(shim, "SIGKILL");
      await gone(shim);
      const found = await host.connect().adopt(id);
      strictEqual(found !== undefined && "code" in found && found.code, 137);
      await host.connect().cleanup(id);
      ok(!isAlive(task.pid ?? 0));
      deepStrictEqual(host.cgroupOf(task).processes(), []);
    });

    it("cleanup ends a container that still runs, and is idempotent", async () => {
      const task = await sleeper();
      const id = await abandon(task);
      await host.runtime.cleanup(id);
      await host.runtime.cleanup(id);
      ok(!isAlive(task.pid ?? 0));
    });
  });

  it("delete leaves no process, cgroup, state or file", async () => {
    const task = await sleeper();
    const shim = shimOf(host, task);
    const paths = host.cgroupOf(task).paths();
    ok(paths.length > 0);
    await task.delete();
    await task.delete();
    await gone(shim);
    deepStrictEqual(
      paths.filter((path) => existsSync(path)),
      [],
    );
    deepStrictEqual(await host.runtime.list(), []);
  });

  it("a shim takes less than 1 MiB", async () => {
    const task = await sleeper();
    const { exited } = await task.exec(execOf());
    await exited;
    const rollup = readFileSync(`/proc/${shimOf(host, task)}/smaps_rollup`, "utf8");
    const kib = Number(/^Pss: +(\d+)/m.exec(rollup)?.[1]);
    ok(kib > 0 && kib < 1024, `${kib} KiB`);
  });

  const sleeperUnstarted = (): Promise<Task> => host.create({ args: ["sleep", "1000"] });
});
