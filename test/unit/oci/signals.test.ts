import { strictEqual, throws } from "node:assert/strict";
import { EngineError } from "../../../daemon/base/errors.ts";
import { parseSignal } from "../../../daemon/oci/signals.ts";

describe("parseSignal", () => {
  const cases: readonly (readonly [text: string, signal: number])[] = [
    ["SIGTERM", 15],
    ["kill", 9],
    ["9", 9],
    ["RTMIN", 34],
    ["SIGRTMIN+3", 37],
    ["rtmax-1", 63],
    ["64", 64],
  ];
  for (const [text, signal] of cases) it(`reads ${text}`, () => strictEqual(parseSignal(text), signal));
  for (const text of ["", "0", "65", "-9", "SIGFOO", "RTMAX+1", "RTMIN-40", "1e1", "CONSTRUCTOR"]) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      throws(() => parseSignal(text), new EngineError("InvalidParameter", `invalid signal: ${text}`)));
  }
});
