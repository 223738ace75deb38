import { deepEqual, equal, throws } from "node:assert/strict";
import {
  assemble,
  call,
  exit,
  HELPER,
  jumpIfEqual,
  jumpUnlessSame,
  label,
  load,
  move,
  set,
  set64,
  setMap,
  store,
  storeValue,
} from "../../../daemon/linux/bpf/instructions.ts";

describe("instructions of eBPF", () => {
  const hex = (...lines: Parameters<typeof assemble>[0]): string => assemble(lines).toString("hex");

  it("are encoded as RFC 9669 says", () => {
    deepEqual(
      [
        hex(move(6, 1)),
        hex(set(0, -1)),
        hex(load(32, 7, 6, 4)),
        hex(load(64, 1, 6, 64)),
        hex(store(64, 10, -16, 0)),
        hex(storeValue(32, 10, -8, 5)),
        hex(call(HELPER.netnsCookie)),
        hex(exit()),
      ],
      [
        "bf16000000000000",
        "b7000000ffffffff",
        "6167040000000000",
        "7961400000000000",
        "7b0af0ff00000000",
        "620af8ff05000000",
        "850000007a000000",
        "9500000000000000",
      ],
    );
    equal(hex(set64(2, 0x8877665544332211n)), "1802000011223344" + "0000000055667788");
    equal(hex(setMap(1, 9)), "1811000009000000" + "0000000000000000");
  });

  it("jump over as many as there are, wide ones counted as two", () => {
    const program = assemble([
      jumpIfEqual(1, 6, "end"),
      set64(2, 1n),
      jumpUnlessSame(1, 2, "end"),
      label("end"),
      exit(),
    ]);
    deepEqual([program.readInt16LE(2), program.readInt16LE(3 * 8 + 2)], [3, 0]);
    throws(() => assemble([jumpIfEqual(1, 6, "nowhere"), exit()]), RangeError);
  });
});
