import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { ByteChannel } from "../../../sdk/transport/byte-channel.ts";
import { ByteStream } from "../../../sdk/transport/byte-stream.ts";
import { demux } from "../../../sdk/transport/demux.ts";
import { endpointText, parseEndpoint } from "../../../sdk/transport/endpoint.ts";
import {
  Conflict,
  errorFromStatus,
  ExecutableNotFound,
  ExecutableNotRunnable,
  ImageNotFound,
  InvalidParameter,
  NotFound,
  PortInUse,
  ProtocolError,
  RegistryAuth,
  SlipwayError,
} from "../../../sdk/transport/errors.ts";
import { jsonLines } from "../../../sdk/transport/json-lines.ts";
import { queryText } from "../../../sdk/transport/query.ts";
import { StdioFrameDecoder } from "../../../sdk/transport/stdio-frames.ts";
import { Transport } from "../../../sdk/transport/transport.ts";
import { FakeEngine, frame, requestBody, sendError } from "./fake-engine.ts";

const collect = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const each of source) all.push(each);
  return all;
};
const chunks = (...texts: string[]): AsyncIterable<Uint8Array> => Readable.from(texts.map((text) => Buffer.from(text)));

describe("parseEndpoint", () => {
  for (const [text, back] of [
    ["/run/x.sock", "unix:///run/x.sock"],
    ["unix:///run/x.sock", "unix:///run/x.sock"],
    ["tcp://host", "tcp://host:2375"],
    ["tcp://[::1]:99", "tcp://[::1]:99"],
    ["https://host", "tcp://host:443"],
    ["ssh://me@host:22", "ssh://me@host:22"],
  ] as const) {
    it(`reads ${text}`, () => equal(endpointText(parseEndpoint(text)), back));
  }

  for (const text of ["", "host", "unix://relative", "npipe:////./pipe/x", "tcp://"]) {
    it(`refuses ${JSON.stringify(text)}`, () => rejects(async () => parseEndpoint(text), InvalidParameter));
  }
});

describe("errorFromStatus", () => {
  for (const [status, message, type] of [
    [404, "No such image: x", ImageNotFound],
    [404, "No such container: x", NotFound],
    [409, "Conflict. The container name is in use", Conflict],
    [400, "invalid reference format", InvalidParameter],
    [500, "unauthorized: authentication required", RegistryAuth],
    [500, "Bind for 0.0.0.0:80 failed: port is already allocated", PortInUse],
    [400, 'exec: "nope": executable file not found in $PATH: unknown', ExecutableNotFound],
    [400, 'runc create failed: exec: "/etc": is a directory', ExecutableNotRunnable],
    [500, "boom", SlipwayError],
  ] as const) {
    it(`${status} ${message} is a ${type.name}`, () => equal(errorFromStatus(status, message).constructor, type));
  }
});

describe("StdioFrameDecoder", () => {
  it("takes frames apart however they are cut", () => {
    const bytes = Buffer.concat([frame(1, "one"), frame(2, "two"), frame(1, ""), frame(1, "three")]);
    for (let size = 1; size <= bytes.length; size++) {
      const decoder = new StdioFrameDecoder();
      const seen = { stdout: "", stderr: "" } as Record<string, string>;
      for (let at = 0; at < bytes.length; at += size)
        for (const part of decoder.push(bytes.subarray(at, at + size)))
          seen[part.stream] += Buffer.from(part.bytes).toString();
      deepEqual({ ...seen, whole: decoder.atBoundary }, { stdout: "onethree", stderr: "two", whole: true });
    }
  });

  it("throws ProtocolError for what is no frame", async () => {
    await rejects(async () => [...new StdioFrameDecoder().push(Buffer.from("plain text"))], ProtocolError);
  });
});

describe("demux", () => {
  it("ends both outputs after their last bytes", async () => {
    const { stdout, stderr } = demux(Readable.from([frame(1, "a"), frame(2, "b"), frame(1, "c")]), { tty: false });
    deepEqual(await Promise.all([stdout.text(), stderr.text()]), ["ac", "b"]);
  });

  it("throws an error frame to the readers of both, after what came before", async () => {
    const { stdout, stderr } = demux(Readable.from([frame(1, "a"), frame(3, "it broke\n")]), { tty: false });
    const read: string[] = [];
    await rejects(async () => {
      for await (const chunk of stdout) read.push(Buffer.from(chunk).toString());
    }, /it broke/);
    deepEqual(read, ["a"]);
    await rejects(stderr.text(), /it broke/);
  });

  it("stops reading the source when nobody reads the output", async () => {
    let sent = 0;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (; sent < 100; sent++) yield frame(1, Buffer.alloc(64 * 1024));
    };
    const { stdout, done } = demux(source(), { tty: false });
    await new Promise((resolve) => setImmediate(resolve));
    const stoppedAt = sent;
    ok(stoppedAt < 10, `${stoppedAt} frames were taken`);
    stdout.cancel();
    await done;
    equal(sent, 100);
  });
});

describe("ByteStream", () => {
  const streamOf = (...texts: string[]): ByteStream => {
    const channel = new ByteChannel();
    void Promise.all(texts.map((text) => channel.write(Buffer.from(text)))).then(() => channel.end());
    return new ByteStream(channel);
  };

  it("cuts lines across chunks and characters", async () => {
    const euro = Buffer.from("€");
    const channel = new ByteChannel();
    void channel.write(Buffer.from("one\r\nt"));
    void channel.write(Buffer.concat([Buffer.from("wo "), euro.subarray(0, 1)]));
    void channel.write(Buffer.concat([euro.subarray(1), Buffer.from("\nrest")]));
    channel.end();
    deepEqual(await collect(new ByteStream(channel).lines()), ["one", "two €", "rest"]);
  });

  it("is a Web stream and a Node stream too", async () => {
    equal(await new Response(streamOf("a", "b").web()).text(), "ab");
    equal(Buffer.concat(await collect(streamOf("a", "b").node() as AsyncIterable<Buffer>)).toString(), "ab");
  });
});

describe("jsonLines", () => {
  it("yields values however the chunks are cut, and skips empty lines", async () => {
    deepEqual(await collect(jsonLines(chunks('{"a"', ':1}\r\n\r\n{"a":2}\n', '{"a":3}'))), [
      { a: 1 },
      { a: 2 },
      { a: 3 },
    ]);
  });

  it("throws ProtocolError for a line that is no JSON, and for one without end", async () => {
    await rejects(collect(jsonLines(chunks("<html>\n"))), ProtocolError);
    await rejects(collect(jsonLines(chunks("x".repeat(50)), 20)), ProtocolError);
  });
});

describe("queryText", () => {
  it("leaves undefined out and repeats lists", () => {
    equal(queryText({ a: undefined, b: true, c: ["x", "y z"], d: 0 }), "?b=true&c=x&c=y+z&d=0");
  });
});

/** The same over Node's own client (unix) and over undici (tcp). */
for (const kind of ["unix", "tcp"] as const) {
  describe(`Transport over ${kind}`, () => {
    const answers = {
      "GET /json": { a: 1 },
      "GET /broken": (_: unknown, response: import("node:http").ServerResponse) =>
        sendError(response, 409, "name is taken"),
      "POST /echo": async (
        request: import("node:http").IncomingMessage,
        response: import("node:http").ServerResponse,
      ) => {
        response.end(await requestBody(request));
      },
      "POST /refuse": (_: unknown, response: import("node:http").ServerResponse) =>
        sendError(response, 400, "bad archive"),
      "GET /forever": (_: unknown, response: import("node:http").ServerResponse) => void response.write("begun\n"),
      "GET /never": () => undefined,
    };
    let engine: FakeEngine;
    let transport: Transport;
    let relay: import("node:http").Server | undefined;

    before(async () => {
      engine = await FakeEngine.start(answers);
      if (kind === "unix") transport = new Transport({ kind, path: engine.socketPath });
      else {
        relay = createHttpServer((request, response) => {
          const key = `${request.method} ${request.url}` as keyof typeof answers;
          const answer = answers[key];
          if (typeof answer === "function") void answer(request, response);
          else response.end(JSON.stringify(answer));
        });
        await new Promise<void>((resolve) => relay?.listen(0, "127.0.0.1", resolve));
        transport = new Transport({ kind, host: "127.0.0.1", port: (relay.address() as AddressInfo).port });
      }
    });

    after(async () => {
      await transport[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      relay?.closeAllConnections();
      relay?.close();
    });

    const textOf = async (path: string, options: object = {}): Promise<string> => {
      const { body } = await transport.request({ method: "GET", path, ...options });
      return Buffer.concat(await collect(body as AsyncIterable<Buffer>)).toString();
    };

    it("answers", async () => equal(await textOf("/json"), '{"a":1}'));

    it("throws by the status, with the engine's message", () =>
      rejects(
        textOf("/broken"),
        (error) => error instanceof Conflict && error.message === "name is taken" && error.statusCode === 409,
      ));

    it("sends a body from an async iterable, and JSON", async () => {
      equal(await textOf("/echo", { method: "POST", body: chunks("one", "two") }), "onetwo");
      equal(await textOf("/echo", { method: "POST", json: { x: 1 } }), '{"x":1}');
    });

    it("fails with the error of a body that breaks off", async () => {
      const broken = async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from("begun");
        throw new Error("source broke");
      };
      await rejects(textOf("/echo", { method: "POST", body: broken() }), /source broke/);
    });

    it("tells an answer that does not wait for the body", () =>
      rejects(textOf("/refuse", { method: "POST", body: chunks("x".repeat(1000)) }), /bad archive/));

    it("rejects with the reason of a signal, before and during", async () => {
      const reason = new Error("enough");
      await rejects(textOf("/json", { signal: AbortSignal.abort(reason) }), reason);
      const controller = new AbortController();
      const waiting = textOf("/never", { signal: controller.signal });
      setImmediate(() => controller.abort(reason));
      await rejects(waiting, reason);
    });

    it("ends a body that is being read with the reason of its signal", async () => {
      const controller = new AbortController();
      const reason = new Error("enough");
      const { body } = await transport.request({ method: "GET", path: "/forever", signal: controller.signal });
      await rejects(async () => {
        for await (const _ of body) controller.abort(reason);
      }, reason);
    });

    it("rejects when nobody listens", async () => {
      const nobody = new Transport(
        kind === "unix" ? { kind, path: "/nowhere/x.sock" } : { kind, host: "127.0.0.1", port: 1 },
      );
      await rejects(nobody.request({ method: "GET", path: "/json" }), /ENOENT|ECONNREFUSED/);
    });
  });
}
