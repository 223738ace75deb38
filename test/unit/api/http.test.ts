import assert from "node:assert/strict";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { gzipSync } from "node:zlib";
import { Type } from "@sinclair/typebox";
import { EngineError } from "../../../daemon/base/errors.ts";
import type { ResponseStream, Route } from "../../../daemon/api/http/route.ts";
import { api, openApi } from "../../support/http.ts";
import { FakeApi, readToEnd, readUntil, route } from "./fake-api.ts";

const Thing = Type.Object({
  Name: Type.String(),
  HostConfig: Type.Optional(Type.Union([Type.Object({ Memory: Type.Integer() }), Type.Null()])),
  Labels: Type.Optional(Type.Record(Type.String(), Type.String())),
});
const Anything = Type.Object({ Name: Type.Optional(Type.String()) });

const routes: readonly Route[] = [
  route("GET", "/version", (request, response) => response.json(200, { version: request.apiVersion })),
  route("GET", "/images/:name/json", ({ params }, response) => response.json(200, { json: params["name"] })),
  route("DELETE", "/images/:name", ({ params }, response) => response.json(200, { removed: params["name"] })),
  route("GET", "/images/json", (_, response) => response.json(200, [])),
  route("POST", "/thing", async (request, response) => response.json(200, await request.json(Thing))),
  route("POST", "/anything", async (request, response) => response.json(200, await request.json(Anything))),
  route("POST", "/count", async (request, response) => {
    let bytes = 0;
    for await (const chunk of request.body() as AsyncIterable<Buffer>) bytes += chunk.length;
    await response.json(200, { bytes });
  }),
  route("POST", "/refuse", async (request) => {
    for await (const _ of request.body()) throw new EngineError("InvalidParameter", "garbage");
  }),
  route("POST", "/fail/:kind", async ({ params }) => {
    throw new EngineError(params["kind"] as EngineError["kind"], `it is ${params["kind"]}`);
  }),
  route("POST", "/bug", () => Promise.reject(new TypeError("x is undefined"))),
  route("POST", "/late", async (_, response) => {
    await response.start(200, { "Content-Type": "application/json" }).write('{"status":"one"}\n');
    throw new Error("too late");
  }),
  route("POST", "/echo", async (request, response) => {
    const stream = await response.hijack({ tty: request.query.has("tty") });
    await pipeline(stream, stream);
  }),
  route("POST", "/echo-after-json", async (request, response) => {
    const { Name } = await request.json(Anything);
    const stream = await response.hijack({ tty: true });
    stream.write(`<${Name}>`);
    await pipeline(stream, stream);
  }),
  route("POST", "/after-input", async (_, response) => {
    const stream = await response.hijack({ tty: true });
    let input = "";
    for await (const chunk of Readable.from(stream) as AsyncIterable<Buffer>) input += chunk.toString();
    stream.end(`got ${input}`);
  }),
];

describe("HTTP core", () => {
  let server: FakeApi;
  before(async () => void (server = await FakeApi.start(routes)));
  after(() => server[Symbol.asyncDispose]());
  const json = { "content-type": "application/json" };

  const targets: readonly (readonly [method: string, path: string, status: number, body: unknown])[] = [
    ["GET", "/version", 200, { version: "1.51" }],
    ["GET", "/v1.24/version", 200, { version: "1.24" }],
    ["GET", "//v1.51//version", 200, { version: "1.51" }],
    ["GET", "http://docker/v1.41/version?x=1", 200, { version: "1.41" }],
    [
      "GET",
      "/v1.52/version",
      400,
      { message: "client version 1.52 is too new. Maximum supported API version is 1.51" },
    ],
    [
      "GET",
      "/v1.23/version",
      400,
      {
        message:
          "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version",
      },
    ],
    ["GET", "/v1/version", 404, { message: "page not found" }],
    ["GET", "/nothing", 404, { message: "page not found" }],
    ["POST", "/version", 404, { message: "page not found" }],
    ["GET", "/images/json", 200, []],
    ["GET", "/images/json/json", 200, { json: "json" }],
    ["GET", "/images/reg:5000/a/b:tag/json", 200, { json: "reg:5000/a/b:tag" }],
    ["GET", "/v1.30/images/a%2Fb%3Ac%40sha256:1/json", 200, { json: "a/b:c@sha256:1" }],
    ["GET", "/images/a%252Fb/json", 200, { json: "a%2Fb" }],
    ["DELETE", "/images/a/b/json", 200, { removed: "a/b/json" }],
    ["GET", "/images/%zz/json", 404, { message: "page not found" }],
  ];
  for (const [method, path, status, body] of targets) {
    it(`${method} ${path} answers ${status}`, async () => {
      const answer = await api(server.socketPath, method, path);
      assert.deepEqual([answer.status, JSON.parse(answer.text)], [status, body]);
      assert.equal(answer.headers["api-version"], "1.51");
    });
  }

  it("OPTIONS answers 200 with no body", async () => {
    const { status, text } = await api(server.socketPath, "OPTIONS", "/v1.51/containers/json");
    assert.deepEqual([status, text], [200, ""]);
  });

  const kinds: readonly (readonly [EngineError["kind"], number])[] = [
    ["InvalidParameter", 400],
    ["Unauthorized", 401],
    ["Forbidden", 403],
    ["NotFound", 404],
    ["Conflict", 409],
    ["NotImplemented", 501],
    ["Unavailable", 503],
    ["Internal", 500],
    ["DataLoss", 500],
    ["Canceled", 500],
  ];
  for (const [kind, status] of kinds) {
    it(`an error of kind ${kind} answers ${status} with its message`, async () => {
      const answer = await api(server.socketPath, "POST", `/fail/${kind}`);
      assert.deepEqual([answer.status, answer.text], [status, `{"message":"it is ${kind}"}\n`]);
    });
  }

  it("NotModified answers 304 without a body", async () => {
    const { status, text, headers } = await api(server.socketPath, "POST", "/fail/NotModified");
    assert.deepEqual([status, text, headers["content-type"]], [304, "", undefined]);
  });

  it("an unknown error answers 500 and is logged with its stack", async () => {
    const { status } = await api(server.socketPath, "POST", "/bug");
    assert.equal(status, 500);
    const line = server.lines.find((each) => each.includes("x is undefined"));
    assert.match(line ?? "", /"level":"info".*"path":"\/bug","status":500.*TypeError: x is undefined\\n/);
  });

  it("an error after the head cuts the answer", async () => {
    const response = await openApi(server.socketPath, "POST", "/late");
    assert.equal(response.statusCode, 200);
    await assert.rejects(response.toArray(), /aborted/);
  });

  describe("JSON bodies", () => {
    const bodies: readonly (readonly [title: string, body: string, status: number, answer: unknown])[] = [
      ["are validated", '{"Name":7}', 400, { message: "invalid JSON: Name: expected string" }],
      [
        "name the field inside",
        '{"Name":"a","HostConfig":{"Memory":"1"}}',
        400,
        /^invalid JSON: HostConfig.Memory: expected integer/,
      ],
      ["that are broken are refused", '{"Name": ', 400, /^invalid JSON: unexpected end/],
      ["may hold null where the schema does", '{"Name":"a","HostConfig":null}', 200, { Name: "a", HostConfig: null }],
      [
        "match names whatever their case",
        '{"name":"a","hostconfig":{"MEMORY":1},"Labels":{"name":"n"}}',
        200,
        { Name: "a", HostConfig: { Memory: 1 }, Labels: { name: "n" } },
      ],
      ["prefer the exact name", '{"name":"b","Name":"a"}', 200, { Name: "a" }],
      ["that are null are refused", "null", 400, /^invalid JSON: the body: /],
      ["that are empty are refused where something is needed", "", 400, /got EOF while reading request body/],
    ];
    for (const [title, body, status, expected] of bodies) {
      it(title, async () => {
        const answer = await api(server.socketPath, "POST", "/thing", { body, headers: json });
        assert.equal(answer.status, status, answer.text);
        if (expected instanceof RegExp) assert.match(answer.message, expected);
        else assert.deepEqual(JSON.parse(answer.text), expected);
      });
    }

    it("that are empty are {} where that will do", async () => {
      assert.equal((await api(server.socketPath, "POST", "/anything")).text, "{}\n");
    });

    it("of another type are refused in Docker's words", async () => {
      const headers = { "content-type": "text/plain" };
      const { status, message } = await api(server.socketPath, "POST", "/anything", { body: "{}", headers });
      assert.deepEqual(
        [status, message],
        [400, "unsupported Content-Type header (text/plain): must be 'application/json'"],
      );
    });

    it("may be gzip and chunked", async () => {
      const body = Readable.from([gzipSync('{"Name":"a"}').subarray(0, 9), gzipSync('{"Name":"a"}').subarray(9)]);
      const headers = { ...json, "content-encoding": "gzip" };
      assert.equal((await api(server.socketPath, "POST", "/thing", { body, headers })).text, '{"Name":"a"}\n');
    });

    it("above 4 MiB are refused, also when they are so only inflated", async () => {
      const big = `{"Name":"${"x".repeat(5 << 20)}"}`;
      const plain = await api(server.socketPath, "POST", "/thing", { body: big, headers: json });
      assert.deepEqual([plain.status, plain.message], [400, "request body is larger than 4194304 bytes"]);
      const headers = { ...json, "content-encoding": "gzip" };
      const bomb = await api(server.socketPath, "POST", "/thing", { body: Readable.from([gzipSync(big)]), headers });
      assert.deepEqual([bomb.status, bomb.message], [400, "request body is larger than 4194304 bytes"]);
    });
  });

  describe("raw bodies", () => {
    it("stream whole, by length and by chunks", async () => {
      for (const body of [Buffer.alloc(3 << 20), Readable.from([Buffer.alloc(1 << 20), Buffer.alloc(2 << 20)])]) {
        assert.equal((await api(server.socketPath, "POST", "/count", { body })).text, '{"bytes":3145728}\n');
      }
    });

    it("that are refused half read leave the connection to the answer", async () => {
      const answer = await api(server.socketPath, "POST", "/refuse", { body: Buffer.alloc(8 << 20) });
      assert.deepEqual([answer.status, answer.message], [400, "garbage"]);
    });

    it("in an unknown encoding are refused by its name", async () => {
      const headers = { "content-encoding": "br" };
      const answer = await api(server.socketPath, "POST", "/count", { body: Buffer.alloc(9), headers });
      assert.deepEqual([answer.status, answer.message], [501, 'Content-Encoding "br" is not supported']);
    });

    it("of a cut gzip stream are an error", async () => {
      const body = Readable.from([gzipSync(Buffer.alloc(10_000)).subarray(0, 20)]);
      const answer = await api(server.socketPath, "POST", "/count", { body, headers: { "content-encoding": "gzip" } });
      assert.deepEqual(
        [answer.status, answer.message],
        [400, "request body is not valid gzip: unexpected end of file"],
      );
    });

    for (const [title, head] of [
      ["length", "Content-Length: 100"],
      ["last chunk", "Transfer-Encoding: chunked"],
    ]) {
      it(`that end before their ${title} fail in the handler`, async () => {
        const failed = Promise.withResolvers<unknown>();
        const cut = route("POST", "/cut", async (request) => {
          try {
            for await (const _ of request.body());
            failed.resolve("taken for whole");
          } catch (error) {
            failed.resolve(error);
            throw error;
          }
        });
        await using own = await FakeApi.start([cut]);
        const socket = await own.connect();
        socket.end(`POST /cut HTTP/1.1\r\nHost: d\r\n${head}\r\n\r\n5\r\nhello\r\n`);
        const error = await failed.promise;
        assert.ok(error instanceof EngineError, String(error));
        assert.match(error.message, /request body was cut short/);
        socket.destroy();
      });
    }

    it("are asked for with 100 Continue only when they are wanted", async () => {
      const socket = await server.connect();
      const head = (path: string): string =>
        `POST ${path} HTTP/1.1\r\nHost: d\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n`;
      socket.write(head("/count"));
      assert.match(await readUntil(socket, "\r\n\r\n"), /^HTTP\/1\.1 100 Continue/);
      socket.write("abcd");
      assert.match(await readUntil(socket, "}\n"), /^HTTP\/1\.1 200 OK[^]*\{"bytes":4\}/);
      socket.write(head("/nowhere"));
      assert.match(await readToEnd(socket), /^HTTP\/1\.1 404 Not Found/);
      socket.end();
    });
  });

  describe("hijack", () => {
    const upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n";
    const forms: readonly (readonly [title: string, headers: string, status: string])[] = [
      ["with Upgrade", upgrade, "101 UPGRADED"],
      ["with Upgrade alone, as Docker.DotNet does", "Upgrade: tcp\r\n", "101 UPGRADED"],
      ["without Upgrade", "", "200 OK"],
    ];
    for (const [title, headers, status] of forms) {
      it(`${title}: answers ${status}, carries both ways and half-closes both ways`, async () => {
        const socket = await server.connect();
        socket.write(`POST /after-input HTTP/1.1\r\nHost: d\r\n${headers}\r\n`);
        const head = await readUntil(socket, "\r\n\r\n");
        assert.ok(head.startsWith(`HTTP/1.1 ${status}\r\n`), head);
        assert.match(head, /Content-Type: application\/vnd\.docker\.raw-stream\r\n/);
        socket.write("one ");
        socket.end("two");
        assert.equal(await readToEnd(socket), "got one two");
      });

      it(`${title}: options in JSON are not part of the stream`, async () => {
        const socket = await server.connect();
        const body = '{"Name":"n"}';
        const rest = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n${headers}\r\n`;
        socket.write(`POST /echo-after-json HTTP/1.1\r\nHost: d\r\n${rest}${body}`);
        await readUntil(socket, "<n>");
        socket.end("input");
        assert.equal(await readToEnd(socket), "input");
      });

      it(`${title}: a body that nobody read is dropped`, async () => {
        const socket = await server.connect();
        socket.write(`POST /echo HTTP/1.1\r\nHost: d\r\nContent-Length: 7\r\n${headers}\r\n{"a":1}`);
        await readUntil(socket, "\r\n\r\n");
        socket.end("input");
        assert.equal(await readToEnd(socket), "input");
      });

      it(`${title}: 16 MB come back whole`, async () => {
        const socket = await server.connect();
        socket.write(`POST /echo HTTP/1.1\r\nHost: d\r\n${headers}\r\n`);
        await readUntil(socket, "\r\n\r\n");
        const chunk = Buffer.alloc(1 << 16, "x");
        const sent = pipeline(Readable.from(Array.from({ length: 256 }, () => chunk)), socket);
        let bytes = 0;
        socket.on("data", (part: Buffer) => (bytes += part.length));
        await Promise.all([sent, once(socket, "end")]);
        assert.equal(bytes, 256 << 16);
      });
    }

    it("with Upgrade: input sent with the request is the stream's", async () => {
      const socket = await server.connect();
      socket.end(`POST /echo-after-json HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n${upgrade}\r\nearly`);
      assert.match(await readToEnd(socket), /\r\n\r\n<undefined>early$/);
    });

    it("with Upgrade: a body that comes in pieces is put together", async () => {
      const socket = await server.connect();
      const rest = `Content-Type: application/json\r\nContent-Length: 12\r\n${upgrade}\r\n`;
      socket.write(`POST /echo-after-json HTTP/1.1\r\nHost: d\r\n${rest}{"Na`);
      await new Promise((resolve) => setImmediate(resolve));
      socket.end('me":"n"}input');
      assert.match(await readToEnd(socket), /\r\n\r\n<n>input$/);
    });

    it("with Upgrade: a refusal is a plain answer", async () => {
      const socket = await server.connect();
      socket.write(`POST /fail/Conflict HTTP/1.1\r\nHost: d\r\n${upgrade}\r\n`);
      const text = await readToEnd(socket);
      assert.match(text, /^HTTP\/1\.1 409 Conflict\r\n[^]*Connection: close[^]*\{"message":"it is Conflict"\}\n$/);
      socket.end();
    });

    it("h2c is not taken, and the request is answered as it is", async () => {
      const socket = await server.connect();
      socket.write("GET /version HTTP/1.1\r\nHost: d\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n");
      assert.match(await readUntil(socket, "}\n"), /^HTTP\/1\.1 200 OK[^]*"1\.51"/);
      socket.write("GET /version HTTP/1.1\r\nHost: d\r\n\r\n");
      assert.match(await readUntil(socket, "}\n"), /^HTTP\/1\.1 200 OK/);
      socket.destroy();
    });

    it("a stream without a TTY is multiplexed from 1.42 on, and raw before", async () => {
      for (const [path, type] of [
        ["/v1.42/echo", "multiplexed"],
        ["/v1.41/echo", "raw"],
        ["/v1.51/echo?tty", "raw"],
      ]) {
        const socket = await server.connect();
        socket.write(`POST ${path} HTTP/1.1\r\nHost: d\r\n${upgrade}\r\n`);
        assert.match(await readUntil(socket, "\r\n\r\n"), new RegExp(`application/vnd.docker.${type}-stream`));
        socket.destroy();
      }
    });
  });

  describe("streams", () => {
    it("send their head at once, hold the writer back, and end it when the client goes away", async () => {
      const written = { chunks: 0 };
      const over = Promise.withResolvers<unknown>();
      const flood = route("GET", "/flood", async (request, response) => {
        const stream: ResponseStream = response.start(200, { "Content-Type": "application/json" });
        try {
          for (;;) {
            await stream.write(Buffer.alloc(1 << 16));
            written.chunks++;
          }
        } catch (error) {
          over.resolve([request.signal.aborted, error instanceof EngineError && error.kind]);
          throw error;
        }
      });
      await using own = await FakeApi.start([flood]);
      const response = await openApi(own.socketPath, "GET", "/flood");
      await once(response, "readable");
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.ok(written.chunks < 100, `${written.chunks} chunks were taken for a client that reads none`);
      response.destroy();
      assert.deepEqual(await over.promise, [true, "Canceled"]);
    });

    it("of a silent handler end by its signal when the client goes away", async () => {
      const aborted = Promise.withResolvers<void>();
      const wait = route("POST", "/wait", async (request, response) => {
        response.start(200, {});
        await once(request.signal, "abort");
        aborted.resolve();
      });
      await using own = await FakeApi.start([wait]);
      const response = await openApi(own.socketPath, "POST", "/wait");
      response.destroy();
      await aborted.promise;
    });

    it("a client that closes its half after asking gets its answer; a stream for it ends", async () => {
      const slow = route("GET", "/slow", async (request, response) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        await response.json(200, { aborted: request.signal.aborted });
      });
      const stream = route("GET", "/stream", async (request, response) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        const out = response.start(200, {});
        if (!request.signal.aborted) await once(request.signal, "abort");
        await out.end();
      });
      await using own = await FakeApi.start([slow, stream]);
      const ask = async (path: string): Promise<string> => {
        const socket = await own.connect();
        socket.end(`GET ${path} HTTP/1.1\r\nHost: d\r\n\r\n`);
        return await readToEnd(socket);
      };
      assert.match(await ask("/slow"), /^HTTP\/1\.1 200 OK[^]*\{"aborted":false\}\n$/);
      assert.match(await ask("/stream"), /^HTTP\/1\.1 200 OK[^]*\r\n0\r\n\r\n$/);
    });

    it("of guarded connections: a head that dribbles is cut off, a stream is not", async () => {
      const stream = route("GET", "/stream", async (request, response) => {
        response.start(200, {});
        await once(request.signal, "abort");
      });
      await using own = await FakeApi.start([stream], { first: 30, next: 60 });
      const attached = await own.connect();
      attached.write("GET /stream HTTP/1.1\r\nHost: d\r\n\r\n");
      await readUntil(attached, "\r\n\r\n");
      const first = await own.connect();
      first.write("GET /str");
      assert.equal(await readToEnd(first), "");
      const next = await own.connect();
      next.write("GET /nothing HTTP/1.1\r\nHost: d\r\n\r\nGET /str");
      assert.match(await readToEnd(next), /^HTTP\/1\.1 404/);
      assert.equal(attached.readableEnded, false);
      for (const each of [first, next, attached]) each.destroy();
    });

    it("close: streams are told to end, work is let finish, idle connections go", async () => {
      const work = Promise.withResolvers<void>();
      const started = Promise.withResolvers<void>();
      const own = await FakeApi.start([
        route("GET", "/stream", async (request, response) => {
          const stream = response.start(200, {});
          await once(request.signal, "abort");
          await stream.end();
        }),
        route("POST", "/work", async (request, response) => {
          started.resolve();
          await work.promise;
          await response.json(200, { aborted: request.signal.aborted });
        }),
        route("POST", "/attach", async (_, response) => void (await response.hijack({ tty: true }))),
      ]);
      const idle = await own.connect();
      const attached = await own.connect();
      attached.write("POST /attach HTTP/1.1\r\nHost: d\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n");
      await readUntil(attached, "\r\n\r\n");
      const stream = await openApi(own.socketPath, "GET", "/stream");
      const answer = api(own.socketPath, "POST", "/work");
      await started.promise;
      const closed = own.http.close(new AbortController().signal);
      await Promise.all([stream.toArray(), readToEnd(idle), readToEnd(attached)]);
      for (const each of [idle, attached]) each.destroy();
      work.resolve();
      assert.equal((await answer).text, '{"aborted":false}\n');
      await closed;
      await own[Symbol.asyncDispose]();
    });
  });
});
