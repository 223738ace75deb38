import assert from "node:assert/strict";
import { parseRange } from "../../../daemon/api/slipway/byte-range.ts";

describe("parseRange", () => {
  const cases: readonly (readonly [string | undefined, number, ReturnType<typeof parseRange>])[] = [
    [undefined, 10, undefined],
    ["bytes=0-", 10, { start: 0, end: 9 }],
    ["bytes=2-4", 10, { start: 2, end: 4 }],
    ["bytes=2-400", 10, { start: 2, end: 9 }],
    ["bytes=-3", 10, { start: 7, end: 9 }],
    ["bytes=-30", 10, { start: 0, end: 9 }],
    ["bytes=10-", 10, "unsatisfiable"],
    ["bytes=-0", 10, "unsatisfiable"],
    ["bytes=0-", 0, "unsatisfiable"],
    // What is not understood counts as absent.
    ["bytes=4-2", 10, undefined],
    ["bytes=0-1,4-5", 10, undefined],
    ["bytes=-", 10, undefined],
    ["lines=1-2", 10, undefined],
  ];
  for (const [header, size, expected] of cases) {
    it(`${header} of ${size}`, () => assert.deepEqual(parseRange(header, size), expected));
  }
});
