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
});
