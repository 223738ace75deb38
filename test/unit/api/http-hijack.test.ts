import assert from "node:assert/strict";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Type } from "@sinclair/typebox";
import type { Route } from "../../../daemon/api/http/route.ts";
import { EngineError } from "../../../daemon/base/errors.ts";
import { FakeApi, readToEnd, readUntil, route } from "./fake-api.ts";

const Anything = Type.Object({ Name: Type.Optional(Type.String()) });

const routes: readonly Route[] = [
  route("GET", "/version", (request, response) => response.json(200, { version: request.apiVersion })),
  route("POST", "/fail/:kind", async ({ params }) => {
    throw new EngineError(params["kind"] as EngineError["kind"], `it is ${params["kind"]}`);
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

describe("HTTP hijack", () => {
  let server: FakeApi;
  before(async () => void (server = await FakeApi.start(routes)));
  after(() => server[Symbol.asyncDispose]());

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
