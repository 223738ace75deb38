/** What the daemon does with its flags: sockets and who may use them, TLS, one daemon a root, signals, systemd's ways. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { request } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { DAEMON_PROGRAM, TestDaemon } from "../support/daemon.ts";
import { api } from "../support/http.ts";
import { output, run, type RunResult } from "../support/process.ts";
import { within } from "../support/time-limit.ts";

const READY_FD = 3;

describe("daemon flags", function () {
  this.timeout(30_000);
  let root: string;
  let children: ChildProcess[];
  beforeEach(async () => {
    root = await mkdtemp("/tmp/slipway-flags-");
    await chmod(root, 0o711);
    children = [];
  });
  afterEach(async () => {
    for (const child of children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await rm(root, { recursive: true });
  });

  const at = (name: string): string => join(root, name);
  const roots = (name = ""): readonly string[] => ["--data-root", at(`data${name}`), "--exec-root", at(`exec${name}`)];
  const refused = (...flags: readonly string[]): Promise<RunResult> =>
    run(process.execPath, [DAEMON_PROGRAM, ...flags], { signal: within(20_000) });

  interface Started {
    readonly child: ChildProcess;
    readonly line: string;
    readonly log: () => string;
  }

  /** Resolves when it says that it listens. */
  async function start(
    flags: readonly string[],
    env: Readonly<Record<string, string>> = {},
    command: readonly string[] = [process.execPath, DAEMON_PROGRAM],
  ): Promise<Started> {
    const child = spawn(command[0] ?? "", [...command.slice(1), ...flags], {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      env: { ...process.env, SLIPWAY_READY_FD: String(READY_FD), ...env },
    });
    children.push(child);
    let log = "";
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (log += chunk));
    for await (const line of createInterface({ input: child.stdio[READY_FD] as Readable }))
      return { child, line, log: () => log };
    throw new Error(`the daemon did not start:\n${log}`);
  }

  async function stop({ child }: Started, signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    const exit = once(child, "exit") as Promise<[number | null]>;
    child.kill(signal);
    return (await exit)[0];
  }

  const ping = async (socket: string): Promise<string> => (await api(socket, "GET", "/_ping")).text;

  it("refuses what it does not know, with exit code 1 and the name of it", async () => {
    for (const flag of ["--nope", "--userns-remap=default", "--live-restore=false"]) {
      const { code, stderr } = await refused(...roots(), flag);
      equal(code, 1);
      match(stderr, new RegExp(flag.replace(/^--/, "").split("=")[0] ?? ""));
    }
    equal(existsSync(at("data")), false, "something was made");
  });

  it("--version, --help and --validate answer and end", async () => {
    match((await refused("--version")).stdout, /^Slipway version \S+, build \S+$/m);
    match((await refused("--help")).stdout, /--data-root PATH/);
    writeFileSync(at("daemon.json"), '{"debug": true}');
    deepEqual(await refused("--validate", "--config-file", at("daemon.json")), {
      code: 0,
      stdout: "configuration OK\n",
      stderr: "",
    });
    writeFileSync(at("daemon.json"), '{"debugg": true}');
    const { code, stderr } = await refused("--validate", "--config-file", at("daemon.json"));
    equal(code, 1);
    match(stderr, /don't match any configuration option: debugg/);
  });

  it("listens on every -H, for its group alone, and takes sockets and pidfile away at its end", async () => {
    const sockets = [at("one.sock"), at("two.sock")];
    const daemon = await start([...roots(), ...sockets.flatMap((path) => ["-H", `unix://${path}`]), "-G", "daemon"]);
    const { gid } = statSync("/");
    for (const path of sockets) {
      equal(await ping(path), "OK");
      const { mode, gid: group } = statSync(path);
      equal(mode & 0o777, 0o660);
      notEqual(group, gid);
    }
    deepEqual(JSON.parse(daemon.line), { ready: true, hosts: sockets.map((path) => `unix://${path}`) });
    equal(readFileSync(at("exec/slipway.pid"), "utf8"), `${daemon.child.pid}\n`);
    deepEqual(
      [at("data"), at("exec")].map((path) => statSync(path).mode & 0o777),
      [0o711, 0o711],
    );
    equal(await stop(daemon), 0);
    deepEqual(
      [...sockets, at("exec/slipway.pid")].filter((path) => existsSync(path)),
      [],
    );
  });

  it("-G with a group that is not there is refused", async () => {
    const { code, stderr } = await refused(...roots(), "-H", `unix://${at("s")}`, "-G", "no-such-group");
    equal(code, 1);
    match(stderr, /group no-such-group not found/);
  });

  it("takes the socket of a killed daemon, and not that of one that answers", async () => {
    const host = ["-H", `unix://${at("s")}`];
    const first = await start([...roots(), ...host]);
    await stop(first, "SIGKILL");
    ok(existsSync(at("s")));
    const second = await start([...roots(), ...host]);
    equal(await ping(at("s")), "OK");
    const third = await refused(...roots("3"), ...host);
    equal(third.code, 1);
    match(third.stderr, /another process answers there/);
    equal(await ping(at("s")), "OK");
    equal(await stop(second), 0);
  });

  it("a second daemon on the same data root, or the same exec root, is refused", async () => {
    const first = await start([...roots(), "-H", `unix://${at("s")}`]);
    const sameData = await refused("--data-root", at("data"), "--exec-root", at("exec2"), "-H", `unix://${at("s2")}`);
    equal(sameData.code, 1);
    match(sameData.stderr, /data root/);
    const sameExec = await refused("--data-root", at("data2"), "--exec-root", at("exec"), "-H", `unix://${at("s2")}`);
    equal(sameExec.code, 1);
    match(sameExec.stderr, new RegExp(`another daemon is running: process ${first.child.pid} holds`));
    equal(await ping(at("s")), "OK");
    equal(await stop(first), 0);
  });

  it("plain tcp off loopback is refused unless it is forced", async () => {
    const { code, stderr } = await refused(...roots(), "-H", "tcp://0.0.0.0:0");
    equal(code, 1);
    match(stderr, /--allow-plain-tcp/);
    const daemon = await start([...roots(), "-H", "tcp://0.0.0.0:0", "--allow-plain-tcp"]);
    equal(await stop(daemon), 0);
  });

  it("--tlsverify lets only clients with a certificate of its authority in", async () => {
    const port = await freePort();
    await makeCertificates(root);
    const tls = [
      "--tlsverify",
      "--tlscacert",
      at("ca.pem"),
      "--tlscert",
      at("server.pem"),
      "--tlskey",
      at("server.key"),
    ];
    const daemon = await start([...roots(), "-H", `tcp://127.0.0.1:${port}`, ...tls]);
    const ca = readFileSync(at("ca.pem"));
    equal(await tlsPing(port, { ca, cert: readFileSync(at("client.pem")), key: readFileSync(at("client.key")) }), "OK");
    match(await tlsPing(port, { ca }), /^(?:ECONNRESET|ERR_SSL_\w+|EPIPE)$/);
    equal(await stop(daemon), 0);
  });

  it("SIGHUP reads daemon.json again; a wrong one changes nothing", async () => {
    writeFileSync(at("daemon.json"), '{"labels": ["a=1"]}');
    const notify = await notifySocket(at("notify"));
    const daemon = await start([...roots(), "-H", `unix://${at("s")}`, "--config-file", at("daemon.json")], {
      NOTIFY_SOCKET: at("notify"),
    });
    await notify.until(/READY=1/);
    const labels = async (): Promise<unknown> =>
      (JSON.parse((await api(at("s"), "GET", "/info")).text) as { Labels: unknown }).Labels;
    deepEqual(await labels(), ["a=1"]);
    for (const [text, expected] of [
      ['{"labels": ["b=2"]}', ["b=2"]],
      ["{", ["b=2"]],
    ] as const) {
      writeFileSync(at("daemon.json"), text);
      daemon.child.kill("SIGHUP");
      await notify.until(/RELOADING=1\nMONOTONIC_USEC=\d+/);
      await notify.until(/READY=1/);
      deepEqual(await labels(), expected);
    }
    equal(await stop(daemon), 0);
    await notify.until(/STOPPING=1/);
    await notify.close();
  });

  it("fd:// takes the socket that systemd opened, and is refused without one", async () => {
    const { code, stderr } = await refused(...roots(), "-H", "fd://");
    equal(code, 1);
    match(stderr, /no sockets found via socket activation/);
    const activate = [
      "python3",
      "-c",
      "import os,socket,sys\ns=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()\nr=os.dup(3); os.dup2(s.fileno(),3); os.set_inheritable(r,True); os.set_inheritable(3,True)\nos.environ.update(LISTEN_PID=str(os.getpid()),LISTEN_FDS='1',SLIPWAY_READY_FD=str(r))\nos.execv(sys.argv[2],sys.argv[2:])",
      at("activated"),
      process.execPath,
      DAEMON_PROGRAM,
    ];
    const daemon = await start([...roots(), "-H", "fd://"], {}, activate);
    equal(await ping(at("activated")), "OK");
    equal(await stop(daemon), 0);
  });

  it("ends with the program that holds SLIPWAY_PARENT_FD", async () => {
    const child = spawn(process.execPath, [DAEMON_PROGRAM, ...roots(), "-H", `unix://${at("s")}`], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
      env: { ...process.env, SLIPWAY_READY_FD: "3", SLIPWAY_PARENT_FD: "4" },
    });
    children.push(child);
    await once(child.stdio[3] as Readable, "data");
    const exit = once(child, "exit");
    child.stdio[4]?.destroy();
    deepEqual(await exit, [0, null]);
  });

  it("a stream that is open does not hold up its end", async () => {
    await using daemon = await TestDaemon.start({ busybox: false });
    const lines = daemon.lines("/events");
    const first = lines.next().catch(() => undefined);
    equal((await daemon.api("GET", "/_ping")).text, "OK");
    const began = performance.now();
    await daemon.kill("SIGTERM");
    ok(performance.now() - began < 5000);
    await first;
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

/** An authority, and a certificate of it for the server and for a client. */
async function makeCertificates(folder: string): Promise<void> {
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): Promise<string> => output("openssl", args);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  await openssl("req", "-x509", ...key, "-subj", "/CN=ca", "-keyout", at("ca.key"), "-out", at("ca.pem"));
  for (const name of ["server", "client"])
    await openssl(
      ...["req", "-x509", ...key, "-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"],
      ...["-addext", "basicConstraints=critical,CA:FALSE", "-CA", at("ca.pem"), "-CAkey", at("ca.key")],
      ...["-keyout", at(`${name}.key`), "-out", at(`${name}.pem`)],
    );
}

/** The body of an answer, or the code of the error. */
function tlsPing(port: number, options: { ca: Buffer; cert?: Buffer; key?: Buffer }): Promise<string> {
  return new Promise((resolve) => {
    const asked = request({ host: "127.0.0.1", port, path: "/_ping", agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(text)).on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    });
    asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "")).end();
  });
}

/** Datagrams that come to a unix socket, which Node cannot open: a line of base64 each. */
async function notifySocket(
  path: string,
): Promise<{ readonly until: (pattern: RegExp) => Promise<void>; readonly close: () => Promise<void> }> {
  const script =
    "import socket,sys,base64\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); s.bind(sys.argv[1]); print('',flush=True)\nwhile True: print(base64.b64encode(s.recv(4096)).decode(),flush=True)";
  const child = spawn("python3", ["-c", script, path], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    async until(pattern) {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error("no more messages");
        if (pattern.test(Buffer.from(value, "base64").toString())) return;
      }
    },
    async close() {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
}
