import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { NotFound } from "../../../sdk/transport/errors.ts";
import { startExec } from "../../../sdk/client/exec.ts";
import { FakeEngine, frame, untilEnd, type StdioAnswer } from "./fake-engine.ts";

const NO_EXIT = { Running: false, ExitCode: 0, ContainerID: "c1" };

/** An engine with one exec, whose stdio is `stdio`. */
async function withExec(stdio: StdioAnswer, inspect: object = NO_EXIT): Promise<FakeEngine> {
  return await FakeEngine.start(
    { "POST /containers/c1/exec": { Id: "e1" }, "GET /exec/e1/json": inspect, "POST /exec/e1/resize": {} },
    { "POST /exec/e1/start": stdio },
  );
}

describe("startExec", () => {
  it("keeps both outputs apart, and asks for the exit code when they have ended", async () => {
    await using engine = await withExec(
      (socket) => void socket.end(Buffer.concat([frame(1, "out"), frame(2, "err"), frame(1, "put")])),
      { ...NO_EXIT, ExitCode: 3 },
    );
    await using api = engine.client();
    const process = await startExec(api, "c1", ["x"]);
    deepEqual(await process.output(), { exitCode: 3, stdout: "output", stderr: "err" });
  });

  it("half-closes: output goes on after the end of stdin", async () => {
    await using engine = await withExec(async (socket) => {
      const input = await untilEnd(socket);
      socket.end(frame(1, `got ${input.toString()}`));
    });
    await using api = engine.client();
    const process = await startExec(api, "c1", ["cat"], { stdin: true });
    process.stdin.write("one ");
    process.stdin.end("two");
    equal((await process.output()).stdout, "got one two");
  });

  it("has one stream with a terminal, whose size it tells", async () => {
    let sent = "";
    await using engine = await withExec((socket, _request, body) => {
      sent = body;
      socket.end("not\0framed");
    });
    await using api = engine.client();
    const process = await startExec(api, "c1", ["sh"], { tty: { columns: 80, rows: 24 } });
    await process.resize({ columns: 100, rows: 30 });
    deepEqual(await process.output(), { exitCode: 0, stdout: "not\0framed", stderr: "" });
    deepEqual(JSON.parse(sent), { Detach: false, Tty: true, ConsoleSize: [24, 80] });
    ok(engine.requests.includes("POST /v1.43/exec/e1/resize?w=100&h=30"));
  });

  it("waits for the event of an exec that goes on after its outputs have closed", async () => {
    const attributes = { execID: "e1", exitCode: "9" };
    const die = {
      Type: "container",
      Action: "exec_die",
      Actor: { ID: "c1", Attributes: attributes },
      time: 1,
      timeNano: 1e9,
    };
    await using engine = await FakeEngine.start(
      {
        "POST /containers/c1/exec": { Id: "e1" },
        "GET /exec/e1/json": { Running: true, ExitCode: null, ContainerID: "c1" },
        "GET /events": (_: IncomingMessage, response: ServerResponse) =>
          void response.write(`${JSON.stringify(die)}\n`),
      },
      { "POST /exec/e1/start": (socket) => void socket.end() },
    );
    await using api = engine.client();
    equal(await (await startExec(api, "c1", ["x"])).exit, 9);
  });

  it("slows the writer of stdin down to what the process reads", async () => {
    let peer: Socket | undefined;
    await using engine = await withExec((socket) => {
      socket.pause();
      peer = socket;
    });
    await using api = engine.client();
    const process = await startExec(api, "c1", ["x"], { stdin: true });
    const chunk = Buffer.alloc(1024 * 1024);
    let written = 0;
    while (process.stdin.write(chunk)) written++;
    ok(written < 8, `${written} MiB were taken`);
    const drained = once(process.stdin, "drain");
    peer?.resume();
    await drained;
    process.detach();
  });

  it("ends a pipeline from a source without end when the process has ended", async () => {
    await using engine = await withExec((socket) => {
      socket.once("data", () => socket.end(frame(1, "enough")));
    });
    await using api = engine.client();
    const process = await startExec(api, "c1", ["x"], { stdin: true });
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1024);
      })(),
    );
    const [piped, output] = await Promise.allSettled([pipeline(endless, process.stdin), process.output()]);
    equal(piped.status, "rejected");
    deepEqual(output, { status: "fulfilled", value: { exitCode: 0, stdout: "enough", stderr: "" } });
    process.stdin.end("too late");
  });

  it("ends with its client", async () => {
    await using engine = await withExec(() => undefined);
    const api = engine.client();
    const process = await startExec(api, "c1", ["x"]);
    await api[Symbol.asyncDispose]();
    await rejects(async () => {
      for await (const _ of process.stdout);
    });
  });

  it("rejects readers and exit with the reason of the signal", async () => {
    await using engine = await withExec((socket) => void socket.write(frame(1, "begun")));
    await using api = engine.client();
    const controller = new AbortController();
    const reason = new Error("enough");
    const process = await startExec(api, "c1", ["x"], { signal: controller.signal });
    await rejects(async () => {
      for await (const _ of process.stdout) controller.abort(reason);
    }, reason);
    await rejects(process.exit, reason);
  });

  it("rejects with AbortError after detach", async () => {
    await using engine = await withExec(() => undefined);
    await using api = engine.client();
    const process = await startExec(api, "c1", ["x"]);
    process.detach();
    await rejects(process.exit, { name: "AbortError" });
  });

  it("throws the engine's error in place of the upgrade", async () => {
    await using engine = await FakeEngine.start({ "POST /containers/c1/exec": { Id: "e1" } });
    await using api = engine.client();
    await rejects(startExec(api, "c1", ["x"]), NotFound);
  });

  it("refuses more output than it was told to collect", async () => {
    await using engine = await withExec((socket) => void socket.end(frame(1, "x".repeat(100))));
    await using api = engine.client();
    await rejects((await startExec(api, "c1", ["x"])).output({ maxBytes: 10 }), /more than 10 bytes/);
  });
});

describe("containers.run", () => {
  const answers = (onStart: (response: ServerResponse) => void) => ({
    "POST /containers/create": { Id: "c1", Warnings: ["careful"] },
    "POST /containers/c1/wait": (_: IncomingMessage, response: ServerResponse) => {
      response.flushHeaders();
      waiting = response;
    },
    "POST /containers/c1/start": (_: IncomingMessage, response: ServerResponse) => onStart(response),
    "DELETE /containers/c1": {},
  });
  let waiting: ServerResponse | undefined;
  const attach: Record<string, StdioAnswer> = { "POST /containers/c1/attach": (socket) => void (attached = socket) };
  let attached: Socket | undefined;

  it("waits and attaches before it starts, and removes when it is disposed", async () => {
    await using fake = await FakeEngine.start(
      answers((response) => {
        response.writeHead(204).end();
        attached?.end(frame(1, "hi"));
        waiting?.end('{"StatusCode":5}');
      }),
      attach,
    );
    await using engine = await fake.connect();
    {
      await using run = await engine.containers.run({ image: "busybox", command: ["echo", "hi"] });
      deepEqual(run.container.warnings, ["careful"]);
      deepEqual(await run.process.output(), { exitCode: 5, stdout: "hi", stderr: "" });
    }
    deepEqual(fake.requests.slice(1), [
      "POST /v1.43/containers/create",
      "POST /v1.43/containers/c1/wait?condition=next-exit",
      "POST /v1.43/containers/c1/attach?stream=true&stdin=false&stdout=true&stderr=true",
      "POST /v1.43/containers/c1/start",
      "DELETE /v1.43/containers/c1?force=true&v=true",
    ]);
  });

  it("leaves no container behind when it cannot be started", async () => {
    await using fake = await FakeEngine.start(
      answers((response) =>
        response.writeHead(400).end('{"message":"exec: \\"x\\": executable file not found in $PATH"}'),
      ),
      attach,
    );
    await using engine = await fake.connect();
    await rejects(engine.containers.run({ image: "busybox", command: ["x"] }), { kind: "ExecutableNotFound" });
    equal(fake.requests.at(-1), "DELETE /v1.43/containers/c1?force=true&v=true");
  });

  it("kills and removes the container when its signal is aborted", async () => {
    const deleted = Promise.withResolvers<void>();
    await using fake = await FakeEngine.start(
      {
        ...answers((response) => response.writeHead(204).end()),
        "DELETE /containers/c1": (_: IncomingMessage, response: ServerResponse) => {
          response.writeHead(204).end();
          deleted.resolve();
        },
      },
      attach,
    );
    await using engine = await fake.connect();
    const controller = new AbortController();
    const { process } = await engine.containers.run({ image: "busybox", signal: controller.signal });
    controller.abort();
    await rejects(process.exit, { name: "AbortError" });
    await deleted.promise;
  });
});
