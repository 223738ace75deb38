import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { Archives } from "../../../daemon/engine/files/archives.ts";
import { makeMotleyTree } from "../../support/motley-tree.ts";
import { tarArchive, type TarEntry } from "../../support/tar.ts";
import { listTree } from "../../support/tree-listing.ts";
import { output } from "../../support/process.ts";

describe("Archives", function () {
  this.timeout(20_000);
  let folder: string;
  let source: string;
  let target: string;
  const archives = new Archives({ userXattr: false });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "slipway-archives-"));
    source = join(folder, "source");
    target = join(folder, "target");
    mkdirSync(target);
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  after(() => archives[Symbol.asyncDispose]());

  const pack = (path: string): Readable => archives.pack(openSync(path, "r"));
  const unpack = (archive: Buffer | Readable): Promise<void> =>
    archives.unpack(openSync(target, "r"), Buffer.isBuffer(archive) ? Readable.from([archive]) : archive);
  const unpackEntries = (entries: readonly TarEntry[]): Promise<void> => unpack(tarArchive(entries));

  it("pack and unpack keep everything that a file system can hold", async () => {
    makeMotleyTree(source);
    await unpack(pack(source));
    assert.deepEqual(listTree(target), listTree(source));
    assert.ok(statSync(join(target, "sparse")).blocks < 9_000_000 / 512, "holes stay holes");
  });

  it("GNU tar reads what pack writes, holes included", async () => {
    makeMotleyTree(source);
    const file = join(folder, "archive.tar");
    writeFileSync(file, await buffer(pack(source)));
    await output("tar", ["-C", target, "--numeric-owner", "--xattrs", "--xattrs-include=*", "-xpf", file]);
    assert.deepEqual(listTree(target, { directoryTimes: false }), listTree(source, { directoryTimes: false }));
  });

  it("pack leaves sockets out, and names whiteouts as the files that they are", async () => {
    mkdirSync(source);
    writeFileSync(join(source, ".wh.file"), "plain");
    const server = createServer().listen(join(source, "socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    await unpack(pack(source));
    server.close();
    assert.deepEqual(readdirSync(target), [".wh.file"]);
  });

  it("unpack inflates gzip and zstd", async () => {
    const archive = tarArchive([{ name: "file", data: "x" }]);
    for (const compressed of [gzipSync(archive), zstdCompressSync(archive)]) {
      await unpack(compressed);
      assert.equal(readFileSync(join(target, "file"), "utf8"), "x");
    }
  });

  const hostile: readonly (readonly [string, readonly TarEntry[]])[] = [
    ["a name that climbs out", [{ name: "../escaped", data: "x" }]],
    ["a hard link out", [{ name: "link", type: "hardlink", link: "../outside/file" }]],
    [
      "a link out, then a file through it",
      [
        { name: "link", type: "symlink", link: "../outside" },
        { name: "link/escaped", data: "x" },
      ],
    ],
    [
      "an absolute link, then a file through it",
      [
        { name: "link", type: "symlink", link: "/etc" },
        { name: "link/slipway-escaped", data: "x" },
      ],
    ],
  ];
  for (const [title, entries] of hostile) {
    it(`${title} stays inside`, async () => {
      mkdirSync(join(folder, "outside"));
      writeFileSync(join(folder, "outside/file"), "mine");
      await unpackEntries(entries).catch((error: { kind?: string }) => assert.equal(error.kind, "InvalidParameter"));
      assert.deepEqual(readdirSync(join(folder, "outside")), ["file"]);
      assert.deepEqual(readdirSync(folder).sort(), ["outside", "target"]);
      assert.equal(existsSync("/etc/slipway-escaped"), false);
    });
  }

  it("a link that the volume has is replaced by a file, and not followed", async () => {
    writeFileSync(join(folder, "outside"), "mine");
    symlinkSync(join(folder, "outside"), join(target, "link"));
    await unpackEntries([{ name: "link", data: "new" }]);
    assert.deepEqual(
      [readFileSync(join(folder, "outside"), "utf8"), readFileSync(join(target, "link"), "utf8")],
      ["mine", "new"],
    );
  });

  for (const [title, archive] of [
    ["no archive at all", Buffer.from("garbage")],
    ["an archive that is cut", tarArchive([{ name: "a", data: "x".repeat(5000) }]).subarray(0, 3000)],
    ["a claim of 10 GB", tarArchive([{ name: "a", claimedSize: 10 * 1024 ** 3 }])],
  ] as const) {
    it(`${title} is refused`, () => assert.rejects(unpack(archive), { kind: "InvalidParameter" }));
  }

  it("a body that fails on the way is not taken for an archive that is cut", async () => {
    const body = new PassThrough();
    body.write(tarArchive([{ name: "a", data: "x".repeat(5000) }]).subarray(0, 3000));
    const unpacking = unpack(body);
    body.destroy(new Error("the client is gone"));
    await assert.rejects(unpacking, /the client is gone/);
  });

  it("an import that is aborted ends at once, and so does an export that nobody reads", async () => {
    const abort = new AbortController();
    const unpacking = archives.unpack(openSync(target, "r"), new PassThrough(), abort.signal);
    abort.abort(new Error("enough"));
    await assert.rejects(unpacking, /enough/);
    mkdirSync(source);
    writeFileSync(join(source, "large"), Buffer.alloc(8 * 1024 * 1024));
    const archive = pack(source);
    await new Promise((resolve) => archive.once("readable", resolve));
    archive.destroy();
    await archives[Symbol.asyncDispose]();
  });

  it("an export of what cannot be read fails, and does not end as if it were whole", async () => {
    makeMotleyTree(source);
    const descriptor = openSync(join(source, "etc/passwd"), "r"); // no directory
    await assert.rejects(buffer(archives.pack(descriptor)));
  });
});
