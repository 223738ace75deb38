import assert from "node:assert/strict";
import {
  closeSync,
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
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { TYPE, makeNodeAt } from "../../../daemon/linux/entries.ts";
import { RootedFiles } from "../../../daemon/linux/rooted-files.ts";
import { Trees } from "../../../daemon/linux/trees.ts";

describe("RootedFiles", () => {
  let folder: string;
  let root: string;
  let files: RootedFiles;
  const trees = new Trees();
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "slipway-files-"));
    root = join(folder, "root");
    mkdirSync(join(root, "dir/sub"), { recursive: true });
    writeFileSync(join(root, "dir/file"), "content");
    writeFileSync(join(folder, "secret"), "secret");
    symlinkSync("../../secret", join(root, "dir/relative"));
    symlinkSync(join(folder, "secret"), join(root, "absolute"));
    symlinkSync("/dir/file", join(root, "inside"));
    symlinkSync("loop", join(root, "loop"));
    files = new RootedFiles(root, trees);
  });
  afterEach(() => {
    files[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });
  after(() => trees[Symbol.asyncDispose]());

  const text = async (path: string): Promise<string> => {
    using file = files.read(path);
    return Buffer.concat(await Array.fromAsync(file.bytes())).toString();
  };
  const write = (path: string, content: string, options = {}): Promise<unknown> =>
    files.write(path, Readable.from([Buffer.from(content)]), options);

  for (const path of ["/dir/file", "dir/file", "/../dir/file", "inside", "dir/sub/../file"]) {
    it(`read finds ${path}`, async () => assert.equal(await text(path), "content"));
  }

  const refused: readonly (readonly [string, string])[] = [
    ["dir/relative", "NotFound"],
    ["absolute", "NotFound"],
    ["../secret", "NotFound"],
    ["none", "NotFound"],
    ["dir", "InvalidParameter"],
    ["dir/file/x", "InvalidParameter"],
    ["loop", "InvalidParameter"],
    ["x".repeat(300), "InvalidParameter"],
    ["a\0b", "InvalidParameter"],
  ];
  for (const [path, kind] of refused) {
    it(`read of ${JSON.stringify(path).slice(0, 20)} is ${kind}`, () =>
      assert.throws(() => files.read(path), { kind }));
  }

  it("read and write refuse what is no regular file, at once", async () => {
    const directory = openSync(root, "r");
    makeNodeAt(directory, "fifo", TYPE.fifo | 0o600);
    closeSync(directory);
    assert.throws(() => files.read("fifo"), { kind: "InvalidParameter" });
    await assert.rejects(write("fifo", "x"), { kind: "InvalidParameter" });
    await assert.rejects(write("dir", "x"), { kind: "InvalidParameter" });
  });

  it("list tells each name, and of links where they lead", async () => {
    const entries = await Array.fromAsync(files.list("/"));
    assert.deepEqual(entries.map(({ name, type, linkTarget = "" }) => `${name} ${type} ${linkTarget}`).sort(), [
      "absolute symlink " + join(folder, "secret"),
      "dir directory ",
      "inside symlink /dir/file",
      "loop symlink loop",
    ]);
  });

  it("stat follows, or not", () => {
    const { type, size, name } = files.stat("inside", true);
    assert.deepEqual([name, type, size, files.stat("inside", false).type], ["inside", "file", 7, "symlink"]);
    assert.equal(files.stat("/", true).name, "");
  });

  it("write makes a file, and keeps owner and mode of one that is there", async () => {
    await write("new", "1", { uid: 5, gid: 6 });
    const { uid, gid, mode } = statSync(join(root, "new"));
    assert.deepEqual([uid, gid, mode & 0o7777], [5, 6, 0o644]);
    await write("new", "22", { mode: 0o600 });
    await write("new", "333");
    const after = statSync(join(root, "new"));
    assert.deepEqual([after.uid, after.mode & 0o7777, after.size], [5, 0o600, 3]);
  });

  it("write follows links inside the root, and none out of it", async () => {
    await write("inside", "through");
    assert.equal(readFileSync(join(root, "dir/file"), "utf8"), "through");
    await write("dir/relative", "in the root's own secret");
    assert.equal(readFileSync(join(root, "secret"), "utf8"), "in the root's own secret");
    await assert.rejects(write("absolute", "x"), { kind: "NotFound" });
    await assert.rejects(write("loop", "x"), { kind: "InvalidParameter" });
    assert.equal(readFileSync(join(folder, "secret"), "utf8"), "secret");
  });

  it("a write that is cut changes nothing and leaves nothing", async () => {
    const cut = Readable.from(
      (function* () {
        yield Buffer.from("half");
        throw new Error("the client is gone");
      })(),
    );
    await assert.rejects(files.write("dir/file", cut, {}), /the client is gone/);
    assert.deepEqual(
      [readFileSync(join(root, "dir/file"), "utf8"), readdirSync(join(root, "dir")).sort()],
      ["content", ["file", "relative", "sub"]],
    );
  });

  it("makeDirectory, rename and remove tell who has the name", async () => {
    assert.throws(() => files.makeDirectory("dir", { mode: 0o755, parents: false }), { kind: "Conflict" });
    files.makeDirectory("dir/sub/a/b", { mode: 0o700, parents: true });
    files.makeDirectory("dir/sub/a/b", { mode: 0o700, parents: true });
    assert.throws(() => files.rename("dir/file", "inside", { replace: false }), { kind: "Conflict" });
    files.rename("dir/file", "inside", { replace: true });
    assert.equal(readFileSync(join(root, "inside"), "utf8"), "content");
    assert.throws(() => files.rename("dir", "dir/sub/x", { replace: false }), { kind: "InvalidParameter" });
    await assert.rejects(files.remove("dir", { recursive: false }), { kind: "Conflict" });
    await files.remove("absolute", { recursive: true });
    await files.remove("dir", { recursive: true });
    for (const path of ["/", "", "..", "."])
      await assert.rejects(files.remove(path, { recursive: true }), { kind: "InvalidParameter" });
    assert.deepEqual(
      [readdirSync(root).sort(), readFileSync(join(folder, "secret"), "utf8")],
      [["inside", "loop"], "secret"],
    );
  });
});
