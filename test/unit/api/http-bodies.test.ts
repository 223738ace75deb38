import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { Type } from "@sinclair/typebox";
import type { Route } from "../../../daemon/api/http/route.ts";
import { EngineError } from "../../../daemon/base/errors.ts";
import { api } from "../../support/http.ts";
import { FakeApi, readToEnd, readUntil, route } from "./fake-api.ts";

const Thing = Type.Object({
  Name: Type.String(),
  HostConfig: Type.Optional(Type.Union([Type.Object({ Memory: Type.Integer() }), Type.Null()])),
  Labels: Type.Optional(Type.Record(Type.String(), Type.String())),
});
const Anything = Type.Object({ Name: Type.Optional(Type.String()) });

const routes: readonly Route[] = [
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
];

describe("HTTP bodies", () => {
  let server: FakeApi;
  before(async () => void (server = await FakeApi.start(routes)));
  after(() => server[Symbol.asyncDispose]());
  const json = { "content-type": "application/json" };

  describe("in JSON", () => {
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

  describe("as they are", () => {
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
});
