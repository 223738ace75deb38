import assert from "node:assert/strict";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeMotleyTree } from "../../support/motley-tree.ts";
import { listTree } from "../../support/tree-listing.ts";
import { Trees } from "../../../daemon/linux/trees.ts";

describe("Trees", () => {
  let folder: string;
  let trees: Trees;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "slipway-trees-"));
    trees = new Trees();
  });
  afterEach(async () => {
    await trees[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  /** Deeper than a path, a stack of calls or a table of descriptors may be: built from the inside out. */
  function deep(levels: number): string {
    const [inner, outer] = [join(folder, "tree"), join(folder, "outer")];
    mkdirSync(inner);
    writeFileSync(join(inner, "file"), "12345");
    for (let n = 1; n < levels; n++) {
      mkdirSync(outer);
      renameSync(inner, join(outer, "d"));
      renameSync(outer, inner);
    }
    return inner;
  }

  it("remove takes a tree of any depth", async () => {
    await trees.remove(deep(5000));
    assert.deepEqual(readdirSync(folder), []);
  });

  it("usage of a tree of any depth counts as far as paths lead", async () => {
    const path = deep(5000);
    const { inodes } = await trees.usage(path);
    assert.ok(inodes > 1000 && inodes <= 5001, `${inodes} inodes`);
    await trees.remove(path);
  });

  for (const files of [3, 300]) {
    it(`remove and usage of ${files} files never follow a link`, async () => {
      mkdirSync(join(folder, "outside"));
      writeFileSync(join(folder, "outside/file"), "kept");
      const tree = join(folder, "tree");
      mkdirSync(join(tree, "dir"), { recursive: true });
      symlinkSync(join(folder, "outside"), join(tree, "link"));
      for (let n = 0; n < files; n++) writeFileSync(join(tree, "dir", `f${n}`), "12345");
      linkSync(join(tree, "dir/f0"), join(tree, "again"));
      const link = join(folder, "outside").length;
      assert.deepEqual(await trees.usage(tree), { bytes: 5 * files + link, inodes: files + 3 });
      await trees.remove(tree);
      await trees.remove(tree);
      assert.deepEqual([existsSync(tree), readdirSync(join(folder, "outside"))], [false, ["file"]]);
    });
  }

  it("usage of nothing is nothing", async () => {
    assert.deepEqual(await trees.usage(join(folder, "none")), { bytes: 0, inodes: 0 });
  });

  it("copy by several threads makes the same tree, and several names of a file stay one file", async () => {
    const rootfs = join(folder, "rootfs");
    makeMotleyTree(join(rootfs, "data"));
    for (let n = 0; n < 40; n++) {
      mkdirSync(join(rootfs, `data/many/d${n}`), { recursive: true });
      for (let file = 0; file < 20; file++) writeFileSync(join(rootfs, `data/many/d${n}/f${file}`), `${n}.${file}`);
      linkSync(join(rootfs, "data/etc/passwd"), join(rootfs, `data/many/d${n}/passwd`));
    }
    const [target, staging] = [join(folder, "target"), join(folder, "staging")];
    for (const path of [target, staging]) mkdirSync(path);
    await trees.copy({ rootfs, path: "/data", target, staging });
    assert.deepEqual(listTree(target), listTree(join(rootfs, "data")));
    assert.deepEqual(readdirSync(staging), []);
  });

  it("copy stops, in all its threads, when its signal aborts or one of them fails", async () => {
    const rootfs = join(folder, "rootfs");
    for (let n = 0; n < 600; n++) {
      mkdirSync(join(rootfs, `data/d${n}`), { recursive: true });
      writeFileSync(join(rootfs, `data/d${n}/file`), "");
    }
    const [target, staging] = [join(folder, "target"), join(folder, "staging")];
    for (const path of [target, staging]) mkdirSync(path);
    writeFileSync(join(staging, "d300"), "in the way");
    await assert.rejects(trees.copy({ rootfs, path: "/data", target, staging }));
    await assert.rejects(trees.copy({ rootfs, path: "/data", target, staging }, AbortSignal.abort()), {
      name: "AbortError",
    });
    assert.deepEqual(readdirSync(target), []);
  });
});
