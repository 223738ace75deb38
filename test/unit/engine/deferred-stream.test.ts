import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { DeferredStream } from "../../../daemon/engine/containers/deferred-stream.ts";

describe("DeferredStream", () => {
  it("holds what is written and the half-close until it is connected, then carries both ways", async () => {
    const stream = new DeferredStream();
    stream.end("typed before the start");
    const [inner, container] = duplexPair();
    stream.connect(inner);
    const typed = text(container);
    container.end("output");
    assert.deepStrictEqual([await text(stream), await typed], ["output", "typed before the start"]);
  });

  it("carries 8 MiB whole, with back-pressure", async () => {
    const stream = new DeferredStream();
    const [inner, container] = duplexPair();
    stream.connect(inner);
    container.pipe(container);
    const sent = Buffer.alloc(8 << 20, "slipway");
    stream.end(sent);
    assert.ok((await buffer(stream)).equals(sent));
  });

  it("destroys a stream that comes after its client went away", () => {
    const stream = new DeferredStream();
    stream.destroy();
    const [inner] = duplexPair();
    stream.connect(inner);
    assert.ok(inner.destroyed);
  });
});
