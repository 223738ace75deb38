import assert from "node:assert/strict";
import { once } from "node:events";
import { duplexPair, type Duplex } from "node:stream";
import { EngineError } from "../../../daemon/base/errors.ts";
import { containerRoutes } from "../../../daemon/api/containers/routes.ts";
import { execRoutes } from "../../../daemon/api/execs/routes.ts";
import type { Containers, Engine, Execs, LogLine } from "../../../daemon/engine/services.ts";
import { api, openApi } from "../../support/http.ts";
import { container, ID, sample } from "./container-fixtures.ts";
import { FakeApi, readToEnd, readUntil } from "./fake-api.ts";

/** The API over an engine of which only `containers` and `execs` are there, as far as a test says. */
function serve(containers: Partial<Containers>, execs: Partial<Execs> = {}, image: object = {}): Promise<FakeApi> {
  const engine = {
    containers: { get: () => container(), ...containers },
    execs,
    images: { get: () => ({ config: { run: { exposedPorts: [], volumes: [], ...image } } }) },
  } as unknown as Engine;
  return FakeApi.start([...containerRoutes(engine), ...execRoutes(engine)]);
}

async function* linesOf(...lines: readonly LogLine[]): AsyncGenerator<LogLine> {
  yield* lines;
}

const LINES: readonly LogLine[] = [
  { stream: "stdout", time: "T1", text: "one " },
  { stream: "stderr", time: "T2", text: "err\n" },
  { stream: "stdout", time: "T3", text: "piece\n" },
];

describe("POST /containers/{id}/wait", () => {
  it("sends its head when the wait is in place, and the code when it is known", async () => {
    const result = Promise.withResolvers<{ code: number; error?: string }>();
    await using server = await serve({ wait: () => Promise.resolve({ result: result.promise }) });
    const response = await openApi(server.socketPath, "POST", "/v1.51/containers/x/wait?condition=next-exit");
    assert.equal(response.statusCode, 200);
    result.resolve({ code: 7, error: "bad" });
    const [chunk] = (await once(response, "data")) as [Buffer];
    assert.deepStrictEqual(JSON.parse(chunk.toString()), { StatusCode: 7, Error: { Message: "bad" } });
  });

  it("answers 400 for a condition that is none", async () => {
    await using server = await serve({});
    const { status, message } = await api(server.socketPath, "POST", "/containers/x/wait?condition=never");
    assert.deepStrictEqual([status, message], [400, 'invalid condition: "never"']);
  });
});

describe("moves between states", () => {
  it("POST /containers/{id}/start answers 204, 304 when it runs, and 400 for a body", async () => {
    let running = false;
    await using server = await serve({
      start: () =>
        running ? Promise.reject(new EngineError("NotModified", "")) : Promise.resolve(void (running = true)),
    });
    const start = async (body?: object): Promise<number> =>
      (await api(server.socketPath, "POST", "/containers/x/start", { body })).status;
    assert.deepStrictEqual([await start(), await start(), await start({ Binds: ["/a:/b"] })], [204, 304, 400]);
  });

  it("passes on what the query says", async () => {
    const calls: unknown[] = [];
    const note = (...call: unknown[]): Promise<void> =>
      Promise.resolve(void calls.push(call.filter((each) => !(each instanceof AbortSignal))));
    await using server = await serve({ stop: note, kill: note, remove: note, rename: note });
    await api(server.socketPath, "POST", "/containers/x/stop?t=3&signal=INT");
    await api(server.socketPath, "POST", "/containers/x/kill");
    await api(server.socketPath, "DELETE", "/containers/x?force=1&v=true&link=0");
    await api(server.socketPath, "POST", "/containers/x/rename?name=y");
    assert.deepStrictEqual(calls, [
      ["x", { signal: "INT", timeout: 3 }],
      ["x", "SIGKILL"],
      ["x", { force: true, volumes: true, link: false }],
      ["x", "y"],
    ]);
  });
});

describe("GET /containers/{id}/logs", () => {
  const logs = (tty: boolean): Partial<Containers> => ({
    logs: () => Promise.resolve({ tty, lines: linesOf(...LINES) }),
  });

  it("frames each stream", async () => {
    await using server = await serve(logs(false));
    const { text, headers } = await api(server.socketPath, "GET", "/containers/x/logs?stdout=1&stderr=1");
    assert.equal(headers["content-type"], "application/vnd.docker.multiplexed-stream");
    assert.equal(text, "\x01\0\0\0\0\0\0\x04one \x02\0\0\0\0\0\0\x04err\n\x01\0\0\0\0\0\0\x06piece\n");
  });

  it("is raw with a terminal, and puts the time in front of whole lines only", async () => {
    await using server = await serve(logs(true));
    const { text, headers } = await api(server.socketPath, "GET", "/containers/x/logs?stdout=1&timestamps=1");
    assert.equal(headers["content-type"], "application/vnd.docker.raw-stream");
    assert.equal(text, "T1 one T2 err\npiece\n");
  });

  it("calls framed output raw for clients older than 1.42", async () => {
    await using server = await serve(logs(false));
    const { headers } = await api(server.socketPath, "GET", "/v1.41/containers/x/logs?stdout=1");
    assert.equal(headers["content-type"], "application/vnd.docker.raw-stream");
  });

  it("reads bounds in seconds and nanoseconds, and answers 400 for no stream and no time", async () => {
    let asked: unknown;
    await using server = await serve({
      logs: (_ref, query) => {
        asked = query;
        return Promise.resolve({ tty: false, lines: linesOf() });
      },
    });
    await api(server.socketPath, "GET", "/containers/x/logs?stdout=1&since=12.5&until=0&tail=all&follow=1");
    assert.deepStrictEqual(asked, {
      stdout: true,
      stderr: false,
      follow: true,
      since: 12_500_000_000n,
      until: undefined,
      tail: undefined,
    });
    assert.equal((await api(server.socketPath, "GET", "/containers/x/logs")).status, 400);
    assert.equal((await api(server.socketPath, "GET", "/containers/x/logs?stdout=1&since=noon")).status, 400);
  });
});

describe("POST /containers/{id}/attach", () => {
  /** What the process sees is the other end of `stream`. */
  function attached(): { readonly process: Duplex; readonly containers: Partial<Containers> } {
    const [process, stream] = duplexPair();
    return {
      process,
      containers: {
        attach: () => Promise.resolve({ tty: false, stream }),
        logs: () => Promise.resolve({ tty: false, lines: linesOf(...LINES.slice(0, 1)) }),
      },
    };
  }
  const ask = (query: string, upgrade: boolean): string =>
    `POST /v1.51/containers/x/attach?${query} HTTP/1.1\r\nHost: d\r\n${upgrade ? "Connection: Upgrade\r\nUpgrade: tcp\r\n" : ""}\r\n`;

  for (const upgrade of [true, false]) {
    it(`joins both ways and half-closes both ways, ${upgrade ? "101 with an upgrade" : "200 without one"}`, async () => {
      const { process, containers } = attached();
      await using server = await serve(containers);
      const client = await server.connect();
      client.write(ask("stream=1&stdin=1&stdout=1", upgrade));
      const head = await readUntil(client, "\r\n\r\n");
      assert.match(head, upgrade ? /^HTTP\/1\.1 101 UPGRADED\r\n/ : /^HTTP\/1\.1 200 OK\r\n/);
      client.end("input");
      let input = "";
      for await (const chunk of process as AsyncIterable<Buffer>) input += chunk.toString();
      assert.equal(input, "input");
      process.end("output");
      assert.equal(await readToEnd(client), "output");
    });
  }

  it("drops what is typed where stdin is not attached", async () => {
    const { process, containers } = attached();
    await using server = await serve(containers);
    const client = await server.connect();
    client.write(ask("stream=1&stdout=1", true));
    await readUntil(client, "\r\n\r\n");
    client.write("ignored");
    process.end("output");
    client.end();
    assert.equal(await readToEnd(client), "output");
    assert.equal(process.read(), null);
  });

  it("writes the log first where it is asked for", async () => {
    const { process, containers } = attached();
    await using server = await serve(containers);
    const client = await server.connect();
    client.end(ask("logs=1&stream=1&stdout=1", true));
    process.end("live");
    const [, body] = (await readToEnd(client)).split("\r\n\r\n");
    assert.equal(body, "\x01\0\0\0\0\0\0\x04one live");
  });

  it("lets go of the process when the client goes away", async () => {
    const { process, containers } = attached();
    await using server = await serve(containers);
    const client = await server.connect();
    client.write(ask("stream=1&stdin=1&stdout=1", true));
    await readUntil(client, "\r\n\r\n");
    const gone = once(process, "end");
    process.resume();
    client.destroy();
    await gone;
  });

  it("over a WebSocket answers 501", async () => {
    await using server = await serve({});
    const { status, message } = await api(server.socketPath, "GET", "/containers/x/attach/ws");
    assert.deepStrictEqual([status, message], [501, "attach over a WebSocket is not supported yet"]);
  });
});

describe("POST /containers/create", () => {
  const create: Partial<Containers> = { create: () => Promise.resolve({ id: ID, warnings: ["one"] }) };

  it("answers 201, with the engine's warnings", async () => {
    await using server = await serve(create);
    const { text } = await api(server.socketPath, "POST", "/containers/create?name=n", { body: { Image: "busybox" } });
    assert.deepStrictEqual(JSON.parse(text), { Id: ID, Warnings: ["one"] });
  });

  it("answers 400 with the field that is wrong, and 501 with the one that is not supported", async () => {
    await using server = await serve(create);
    const refused = async (HostConfig: object): Promise<unknown> => {
      const body = { Image: "busybox", HostConfig };
      const { status, message } = await api(server.socketPath, "POST", "/containers/create", { body });
      return [status, message];
    };
    assert.deepStrictEqual(await refused({ Memory: "64m" }), [
      400,
      "invalid JSON: HostConfig.Memory: expected integer",
    ]);
    assert.deepStrictEqual(await refused({ BlkioWeight: 10 }), [501, "HostConfig.BlkioWeight is not supported yet"]);
  });
});

describe("GET /containers/{id}/stats", () => {
  it("gives one sample at once, zeros of what does not run, and 400 for a stream of one", async () => {
    let running = true;
    await using server = await serve({ stats: () => Promise.resolve(running ? sample(2) : undefined) });
    const get = (query: string): ReturnType<typeof api> =>
      api(server.socketPath, "GET", `/containers/x/stats?${query}`);
    assert.match((await get("stream=0&one-shot=1")).text, /"usage":2000/);
    running = false;
    assert.match((await get("stream=0")).text, /"memory_stats":\{\}/);
    assert.equal((await get("one-shot=1")).status, 400);
  });

  it("streams until the container is gone", async () => {
    const samples = [sample(1)];
    await using server = await serve({
      stats: () => {
        const next = samples.shift();
        return next === undefined ? Promise.reject(new EngineError("NotFound", "gone")) : Promise.resolve(next);
      },
    });
    const { status, text } = await api(server.socketPath, "GET", "/containers/x/stats");
    assert.deepStrictEqual([status, text.trimEnd().split("\n").length], [200, 1]);
  });
});

describe("POST /exec/{id}/start", () => {
  const spec = {
    cmd: ["nope"],
    env: [],
    user: "",
    workingDir: "",
    tty: false,
    privileged: false,
    attachStdin: false,
    attachStdout: true,
    attachStderr: true,
  };
  const record = (status: string): ReturnType<Execs["get"]> =>
    ({ id: "e", containerId: ID, spec, state: { status } }) as unknown as ReturnType<Execs["get"]>;
  const post = (server: FakeApi, body: object): ReturnType<typeof api> =>
    api(server.socketPath, "POST", "/exec/e/start", { body });
  const containerIn = (status: string): ReturnType<Containers["get"]> =>
    ({ id: ID, state: { status } }) as unknown as ReturnType<Containers["get"]>;

  it("says in the stream why a command could not run", async () => {
    let status = "created";
    await using server = await serve(
      { get: () => containerIn("running") },
      {
        get: () => record(status),
        start: () => {
          status = "exited";
          return Promise.reject(new EngineError("InvalidParameter", "not found"));
        },
      },
    );
    const client = await server.connect();
    client.end(
      "POST /exec/e/start HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    );
    const [head = "", body] = (await readToEnd(client)).split("\r\n\r\n");
    assert.match(head, /^HTTP\/1\.1 200 OK/);
    assert.equal(body, "\x01\0\0\0\0\0\0\x0bnot found\r\n");
  });

  it("answers 409 where the container does not run, and 400 for a detached command that cannot", async () => {
    await using server = await serve(
      { get: () => containerIn("exited") },
      {
        get: () => record("created"),
        start: (_id, { detach }) => Promise.reject(new EngineError(detach ? "InvalidParameter" : "Conflict", "no")),
      },
    );
    assert.deepStrictEqual(
      [(await post(server, {})).status, (await post(server, { Detach: true })).status],
      [409, 400],
    );
  });

  it("answers 200 for a detached one", async () => {
    await using server = await serve(
      { get: () => containerIn("exited") },
      {
        get: () => record("created"),
        start: () => Promise.resolve({ tty: false, stream: undefined }),
      },
    );
    const { status, text } = await post(server, { Detach: true });
    assert.deepStrictEqual([status, text], [200, ""]);
  });
});

describe("what is to come", () => {
  for (const [method, path, name] of [
    ["POST", "/commit", "commit"],
    ["GET", "/containers/x/archive?path=/", "cp"],
    ["PUT", "/containers/x/archive?path=/", "cp"],
    ["GET", "/containers/x/export", "export"],
    ["GET", "/containers/x/changes", "diff"],
  ] as const) {
    it(`${method} ${path} answers 501 with its name`, async () => {
      await using server = await serve({});
      const { status, message } = await api(server.socketPath, method, path);
      assert.deepStrictEqual([status, message], [501, `${name} is not supported yet`]);
    });
  }
});
