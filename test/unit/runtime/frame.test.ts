import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { encodeFrame, Frame, FrameParser, size, text, u32, u64 } from "../../../daemon/runtime/frame.ts";

describe("frame", () => {
  const bytes = encodeFrame(5, 7, [text(1, "id"), u32(2, -1), u64(9, -1n), size(15, [24, 80])]);

  it("encodeFrame: size, kind, seq, fields, little-endian; texts end with NUL", () => {
    strictEqual(
      bytes.toString("hex"),
      "2f000000" +
        "0500" +
        "0700" +
        "010003000000696400" +
        "020004000000ffffffff" +
        "090008000000ffffffffffffffff" +
        "0f000400000018005000",
    );
  });

  it("Frame reads what encodeFrame wrote; what is not there is undefined or 0", () => {
    const frame = new Frame(bytes.subarray(4));
    deepStrictEqual(
      [frame.kind, frame.seq, frame.text(1), frame.u32(2), frame.u32(15), frame.text(99), frame.u32(99)],
      [5, 7, "id", 0xffffffff, 24 | (80 << 16), undefined, 0],
    );
  });

  it("Frame refuses a field that reaches beyond its end", () => {
    for (let end = 5; end < bytes.length; end++) {
      const fieldEnds = [8, 17, 27, 41];
      if (!fieldEnds.includes(end)) throws(() => new Frame(bytes.subarray(4, end)), RangeError, `${end} bytes`);
    }
  });

  it("FrameParser yields the same frames however the bytes arrive", () => {
    const stream = Buffer.concat([bytes, encodeFrame(64, 1, []), bytes]);
    for (let step = 1; step <= stream.length; step++) {
      const parser = new FrameParser();
      const kinds: number[] = [];
      for (let at = 0; at < stream.length; at += step)
        for (const frame of parser.push(stream.subarray(at, at + step))) kinds.push(frame.kind);
      deepStrictEqual(kinds, [5, 64, 5], `in steps of ${step}`);
    }
  });
});
