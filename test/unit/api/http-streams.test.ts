import assert from "node:assert/strict";
import { once } from "node:events";
import type { ResponseStream } from "../../../daemon/api/http/route.ts";
import { EngineError } from "../../../daemon/base/errors.ts";
import { api, openApi } from "../../support/http.ts";
import { FakeApi, readToEnd, readUntil, route } from "./fake-api.ts";

describe("HTTP streams", () => {
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
