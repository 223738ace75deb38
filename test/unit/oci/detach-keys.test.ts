import { deepStrictEqual, throws } from "node:assert/strict";
import { createDetachDetector, parseDetachKeys } from "../../../daemon/oci/detach-keys.ts";

describe("parseDetachKeys", () => {
  const cases: readonly (readonly [text: string, bytes: readonly number[]])[] = [
    ["ctrl-p,ctrl-q", [16, 17]],
    ["ctrl-@,ctrl-A,ctrl-_,x", [0, 1, 31, 120]],
    ["", []],
  ];
  for (const [text, bytes] of cases)
    it(`reads ${JSON.stringify(text)}`, () => deepStrictEqual([...parseDetachKeys(text)], bytes));
  for (const text of ["ctrl-", "ctrl-1", "xy", "a,,b", "é"])
    it(`refuses ${JSON.stringify(text)}`, () =>
      throws(() => parseDetachKeys(text), { message: `invalid detach keys (${text}) provided` }));
});

describe("createDetachDetector", () => {
  // prettier-ignore
  const cases: readonly (readonly [keys: string, chunks: readonly string[], forward: readonly string[], detached: boolean])[] = [
    ["ctrl-p,ctrl-q", ["ls\n"], ["ls\n"], false],
    ["ctrl-p,ctrl-q", ["ls\x10\x11rest"], ["ls"], true],
    ["ctrl-p,ctrl-q", ["\x10", "\x11"], ["", ""], true],
    ["ctrl-p,ctrl-q", ["\x10", "x"], ["", "\x10x"], false],
    ["ctrl-p,ctrl-q", ["\x10\x10\x11"], ["\x10"], true],
    ["a,a,b", ["aaab"], ["a"], true],
    ["a,b,a,c", ["aba", "bac"], ["", "ab"], true],
    ["a,b,a,c", ["abab", "x"], ["ab", "abx"], false],
    ["", ["\0a"], ["\0a"], false],
  ];
  for (const [keys, chunks, forward, detached] of cases) {
    it(`${detached ? "finds" : "does not find"} ${JSON.stringify(keys)} in ${JSON.stringify(chunks)}`, () => {
      const feed = createDetachDetector(parseDetachKeys(keys));
      const results = chunks.map((chunk) => feed(Buffer.from(chunk)));
      deepStrictEqual([results.map((each) => each.forward.toString()), results.at(-1)?.detached], [forward, detached]);
    });
  }
});
