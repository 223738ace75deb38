import assert from "node:assert/strict";
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import { digestOf } from "../../daemon/base/digest.ts";
import type { EngineError } from "../../daemon/base/errors.ts";
import { silent } from "../../daemon/base/logger.ts";
import { xattrOf } from "../../daemon/linux/xattr.ts";
import { createOverlaySnapshotter } from "../../daemon/snapshots/overlay-snapshotter.ts";
import { type TarEntry, tarArchive } from "../support/tar.ts";

/** More than any layer here inflates to, but the bomb. */
const EXPANDED_MAX = 8 * 1024 * 1024;
const CHAIN = digestOf("layer");

describe("Snapshotter.unpack of a hostile layer", () => {
  let root: string;
  let snapshots: ReturnType<typeof createOverlaySnapshotter>;
  const diff = (path = ""): string => join(root, "data/layers", CHAIN.slice(7), "diff", path);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "slipway-hostile-"));
    // What an escape would hit: beside the layers, and at the absolute path that the archives name.
    mkdirSync(join(root, "outside"));
    writeFileSync(join(root, "outside/victim"), "untouched");
    snapshots = createOverlaySnapshotter({ root: join(root, "data"), logger: silent, expandedMax: EXPANDED_MAX });
  });
  afterEach(async () => {
    await snapshots[Symbol.asyncDispose]();
    assert.equal(readFileSync(join(root, "outside/victim"), "utf8"), "untouched");
    assert.deepEqual(readdirSync(join(root, "outside")), ["victim"]);
    rmSync(root, { recursive: true });
  });

  async function unpack(blob: Buffer, diffId?: ReturnType<typeof digestOf>): Promise<void> {
    const path = join(root, "blob");
    writeFileSync(path, blob);
    await snapshots.unpack({ chainId: CHAIN, path, ...(diffId === undefined ? {} : { diffId }) });
  }

  const victim: TarEntry = { name: "victim", data: "overwritten" };
  const outside = (): string => join(root, "outside");
  const up = "../../../../../../../../../../../..";

  const refused: readonly (readonly [what: string, entries: () => readonly TarEntry[], message: RegExp])[] = [
    ["a name with ..", () => [{ ...victim, name: `${up}${outside()}/victim` }], /leads out of it/],
    [
      "a name with .. behind a directory",
      () => [{ ...victim, name: `a/../../victim` }],
      /"a\/..\/..\/victim" leads out/,
    ],
    ["a hard link out", () => [{ name: "h", type: "hardlink", link: `${up}${outside()}/victim` }], /"h".*leads out/],
    [
      "a hard link to an absolute path outside",
      () => [{ name: "h", type: "hardlink", link: `${outside()}/victim` }],
      /"h"/,
    ],
    [
      "a hard link through a symbolic link out",
      () => [
        { name: "l", type: "symlink", link: outside() },
        { name: "h", type: "hardlink", link: "l/victim" },
      ],
      /"h"/,
    ],
    ["a whiteout of ..", () => [{ name: "a/.wh..." }], /whiteout "a\/.wh..." names no file/],
    ["a whiteout of .", () => [{ name: "a/.wh.." }], /names no file/],
    ["a whiteout of nothing", () => [{ name: "a/.wh." }], /names no file/],
    ["a whiteout behind ..", () => [{ name: "../.wh.victim" }], /leads out of it/],
    ["device 0/0", () => [{ name: "gone", type: "character", device: [0, 0] }], /"gone".*device 0\/0/],
    [
      "a hard link to a whiteout",
      () => [{ name: ".wh.a" }, { name: "b", type: "hardlink", link: "a" }],
      /"b".*links to what is deleted/,
    ],
    ["a file below a file", () => [victim, { name: "victim/below" }], /"victim\/below"/],
    [
      "a file below a link that leads nowhere",
      () => [{ name: "l", type: "symlink", link: "none" }, { name: "l/x" }],
      /"l\/x"/,
    ],
    ["links that lead in a circle", () => [{ name: "l", type: "symlink", link: "l" }, { name: "l/x" }], /"l\/x"/],
    ["a component that is too long", () => [{ name: "n".repeat(300) }], /name too long/],
    [
      "a claim of 10 GB over a short stream",
      () => [{ name: "big", data: "short", claimedSize: 8 ** 11 - 1 }],
      /"big": it ends too early/,
    ],
    ["a root that is no directory", () => [{ name: "./", type: "symlink", link: "/" }], /root must be a directory/],
  ];
  for (const [what, entries, message] of refused) {
    it(`refuses ${what} with InvalidParameter, and nothing stays`, async () => {
      await assert.rejects(unpack(tarArchive(entries())), (error: EngineError) => {
        assert.deepEqual([error.kind, message.test(error.message)], ["InvalidParameter", true], error.message);
        return true;
      });
      await snapshots[Symbol.asyncDispose]();
      assert.deepEqual([readdirSync(join(root, "data/layers")), await snapshots.layerSize(CHAIN)], [[], undefined]);
    });
  }

  const contained: readonly (readonly [what: string, entries: () => readonly TarEntry[], path: () => string])[] = [
    ["an absolute name", () => [{ ...victim, name: `${outside()}/victim` }], () => `${outside()}/victim`],
    ["an absolute name with ..", () => [{ ...victim, name: `/..${outside()}/victim` }], () => `${outside()}/victim`],
    [
      "a write through an absolute link",
      () => [
        { name: `${outside()}`, type: "directory" },
        { name: "l", type: "symlink", link: outside() },
        { ...victim, name: "l/victim" },
      ],
      () => `${outside()}/victim`,
    ],
    [
      "a write through a link with ..",
      () => [
        { name: "in", type: "directory" },
        { name: "l", type: "symlink", link: `${up}/in` },
        { ...victim, name: "l/victim" },
      ],
      () => "in/victim",
    ],
    [
      "a file over a link of its name",
      () => [{ name: "victim", type: "symlink", link: join(outside(), "victim") }, victim],
      () => "victim",
    ],
  ];
  for (const [what, entries, path] of contained) {
    it(`keeps ${what} inside the layer`, async () => {
      await unpack(tarArchive(entries()));
      assert.equal(readFileSync(diff(path()), "utf8"), "overwritten");
      assert.equal(lstatSync(diff(path())).isFile(), true);
    });
  }

  it("keeps a whiteout through a link inside the layer", async () => {
    await unpack(
      tarArchive([
        { name: "in", type: "directory" },
        { name: "l", type: "symlink", link: "/in" },
        { name: "l/.wh.victim" },
      ]),
    );
    assert.deepEqual([statSync(diff("in/victim")).isCharacterDevice(), statSync(diff("in/victim")).rdev], [true, 0]);
  });

  it("drops attributes that speak to overlayfs", async () => {
    const pax = Object.fromEntries(
      ["trusted.overlay.opaque", "trusted.overlay.redirect", "user.overlay.whiteout", "trusted.other"].map((name) => [
        `SCHILY.xattr.${name}`,
        "y",
      ]),
    );
    await unpack(tarArchive([{ name: "d", type: "directory", pax }]));
    const found = ["trusted.overlay.opaque", "trusted.overlay.redirect", "user.overlay.whiteout", "trusted.other"];
    assert.deepEqual(
      found.map((name) => xattrOf(diff("d"), name)?.toString()),
      [undefined, undefined, undefined, "y"],
    );
  });

  const tar = tarArchive([{ name: "file", data: "content ".repeat(1000) }]);
  const gzip = gzipSync(tar);
  const zstd = zstdCompressSync(tar);
  const bomb = tarArchive([{ name: "bomb", data: Buffer.alloc(EXPANDED_MAX + 1) }]);
  const broken: readonly (readonly [what: string, blob: Buffer, message: RegExp])[] = [
    ["a gzip stream that is cut", gzip.subarray(0, gzip.length - 10), /gzip stream is damaged or cut/],
    ["a gzip stream with garbage behind", Buffer.concat([gzip, Buffer.from("garbage")]), /gzip stream is damaged/],
    [
      "a gzip stream with garbage behind zeros",
      Buffer.concat([gzip, Buffer.alloc(9), Buffer.from("x")]),
      /followed by something/,
    ],
    [
      "a gzip stream with a wrong checksum",
      gzip.with(gzip.length - 6, (gzip.at(-6) ?? 0) ^ 1) as Buffer,
      /gzip stream is damaged/,
    ],
    ["a zstd frame that is cut", zstd.subarray(0, zstd.length - 3), /zstd stream is damaged or cut/],
    ["a zstd frame with garbage behind", Buffer.concat([zstd, Buffer.from("garbage")]), /zstd stream is damaged/],
    ["bytes that are no archive", Buffer.from("x".repeat(2048)), /invalid tar archive/],
    ["bare deflate", deflateRawSync(tar), /invalid tar archive/],
    ["a tar that is cut", tar.subarray(0, 700), /"file": it ends too early/],
    ["a bomb over the cap", gzipSync(bomb), /inflates to more than/],
    ["a zstd bomb over the cap", zstdCompressSync(bomb), /inflates to more than/],
  ];
  for (const [what, blob, message] of broken) {
    it(`refuses ${what} with InvalidParameter, and nothing stays`, async () => {
      await assert.rejects(unpack(Buffer.from(blob)), { name: "EngineError", kind: "InvalidParameter", message });
      assert.deepEqual(readdirSync(join(root, "data/layers")), []);
    });
  }

  it("refuses another diffID with DataLoss, and nothing stays", async () => {
    await assert.rejects(unpack(gzip, digestOf("other")), { kind: "DataLoss", message: /diffID/ });
    assert.deepEqual(readdirSync(join(root, "data/layers")), []);
  });

  const accepted: readonly (readonly [what: string, blob: Buffer])[] = [
    ["plain", tar],
    ["gzip in two members", Buffer.concat([gzipSync(tar.subarray(0, 1000)), gzipSync(tar.subarray(1000))])],
    ["gzip padded with zeros", Buffer.concat([gzip, Buffer.alloc(1000)])],
    [
      "zstd in three frames",
      Buffer.concat([0, 1000, 3000].map((at, n) => zstdCompressSync(tar.subarray(at, [1000, 3000][n])))),
    ],
    ["zstd between skippable frames", Buffer.concat([skippable(), zstd, skippable()])],
    ["a tar without its end", tar.subarray(0, tar.length - 1024)],
  ];
  for (const [what, blob] of accepted) {
    it(`unpacks ${what}`, async () => {
      await unpack(blob, what.endsWith("end") ? undefined : digestOf(tar));
      assert.equal(readFileSync(diff("file"), "utf8"), "content ".repeat(1000));
    });
  }

  it("unpacks a part of a file", async () => {
    const path = join(root, "archive");
    writeFileSync(path, Buffer.concat([Buffer.alloc(777, "x"), gzip, Buffer.alloc(777, "x")]));
    await snapshots.unpack({ chainId: CHAIN, path, offset: 777, length: gzip.length, diffId: digestOf(tar) });
    assert.equal(readFileSync(diff("file"), "utf8"), "content ".repeat(1000));
    await assert.rejects(snapshots.unpack({ chainId: digestOf("y"), path, offset: 777, length: gzip.length + 1000 }), {
      kind: "InvalidParameter",
    });
  });
});

/** RFC 8878, section 3.1.2. */
function skippable(): Buffer {
  return Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
}
