import assert from "node:assert/strict";
import { EngineError } from "../../../daemon/base/errors.ts";
import { tarArchive } from "../../support/tar.ts";
import { collect } from "./collect.ts";

/** The same every time (a linear congruential generator), so that what fails can be done again. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ;) yield (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
}

const seedArchive = tarArchive([
  { name: "dir/", type: "directory" },
  { name: "dir/file", data: "content".repeat(100), pax: { mtime: "1.5", "SCHILY.xattr.user.a": "b" } },
  { name: "link", type: "symlink", link: "dir/file" },
  { name: "l".repeat(150), data: "x", pax: { "GNU.sparse.size": "100", "GNU.sparse.map": "5,1" } },
  { name: "device", type: "character", device: [1, 3] },
]);

/** Makes the checksum of each header right again, so that the mutation gets past it. */
function repair(archive: Buffer): void {
  for (let at = 0; at + 512 <= archive.length; at += 512) {
    const block = archive.subarray(at, at + 512);
    if (block.toString("latin1", 257, 262) !== "ustar") continue;
    block.fill(" ", 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  }
}

describe("TarEntryParser on mutated archives", () => {
  it("answers with entries or with InvalidParameter, the same for any chunks, and makes no byte up", () => {
    const random = numbers(20_240);
    const next = (limit: number): number => Math.floor(((random.next().value as number) / 2 ** 32) * limit);
    const outcome = (archive: Buffer, chunk: number): unknown => {
      try {
        const found = collect(archive, chunk);
        const bytes = found.flatMap(({ data }) => data).reduce((sum, [, data]) => sum + data.length, 0);
        assert.ok(bytes <= archive.length, "more bytes than the archive has");
        return found;
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        assert.equal(error.kind, "InvalidParameter");
        return error.message;
      }
    };
    for (let round = 0; round < 3000; round++) {
      const archive = Buffer.from(seedArchive);
      for (let n = next(4); n >= 0; n--) archive[next(archive.length)] = next(256);
      repair(archive);
      const cut = next(4) === 0 ? archive.subarray(0, next(archive.length)) : archive;
      assert.deepEqual(outcome(cut, 1 + next(700)), outcome(cut, cut.length), `round ${round}`);
    }
  });
});
