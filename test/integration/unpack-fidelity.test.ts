import assert from "node:assert/strict";
import { type ExecFileSyncOptions, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { digestOf } from "../../daemon/base/digest.ts";
import { silent } from "../../daemon/base/logger.ts";
import { createOverlaySnapshotter } from "../../daemon/snapshots/overlay-snapshotter.ts";
import { createLocalVolumes } from "../../daemon/volumes/local-volumes.ts";
import { makeMotleyTree } from "../support/motley-tree.ts";
import { listTree } from "../support/tree-listing.ts";

/** GNU tar tells on standard error of times before 1970. */
const QUIET: ExecFileSyncOptions = { stdio: "ignore" };
const PAX = ["--format=pax", "--pax-option=exthdr.name=%d/PaxHeaders/%f"];
const XATTRS = ["--xattrs", "--xattrs-include=*"];

describe("Snapshotter.unpack beside GNU tar", () => {
  let root: string;
  let source: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "slipway-fidelity-"));
    source = join(root, "source");
    makeMotleyTree(source);
  });
  after(() => rmSync(root, { recursive: true }));

  // zstd is Node's: tar asks for a program that not every machine has.
  const archives: readonly (readonly [name: string, options: readonly string[], compress?: (tar: Buffer) => Buffer])[] =
    [
      ["pax with attributes", [...PAX, ...XATTRS]],
      ["pax, sparse 0.0", [...PAX, "-S", "--sparse-version=0.0"]],
      ["pax, sparse 0.1", [...PAX, "-S", "--sparse-version=0.1", ...XATTRS]],
      ["pax, sparse 1.0", [...PAX, "-S", "--sparse-version=1.0"]],
      ["GNU, sparse", ["--format=gnu", "-S"]],
      ["GNU, gzip", ["--format=gnu", "-z"]],
      ["pax, zstd", [...PAX, ...XATTRS], zstdCompressSync],
      ["pax, sorted by name", [...PAX, "--sort=name"]],
    ];
  for (const [name, options, compress] of archives) {
    it(`makes the same tree of ${name}`, async () => {
      const archive = join(root, `${digestOf(name).slice(7, 15)}.tar`);
      execFileSync("tar", ["-C", source, "-cf", archive, ...options, "."], QUIET);
      const expected = join(root, `${digestOf(name).slice(7, 15)}.expected`);
      mkdirSync(expected);
      execFileSync("tar", ["-C", expected, "-xpf", archive, "--numeric-owner", ...XATTRS], QUIET);
      if (compress !== undefined) writeFileSync(archive, compress(readFileSync(archive)));

      await using snapshots = createOverlaySnapshotter({ root: join(root, "data"), logger: silent });
      const { size } = await snapshots.unpack({ chainId: digestOf(name), path: archive });
      const diff = join(root, "data/layers", digestOf(name).slice(7), "diff");
      assert.deepEqual(listTree(diff), listTree(expected));
      assert.ok(size > 12_000_000, `size is ${size}`);
      assert.ok(statSync(join(diff, "sparse")).blocks < 9_000_000 / 512 || !options.includes("-S"), "holes stay holes");
    });
  }

  it("shows the tree through a mount as it was, the root directory included", async () => {
    const archive = join(root, "mounted.tar");
    execFileSync("tar", ["-C", source, "-cf", archive, ...PAX, ...XATTRS, "."], QUIET);
    await using snapshots = createOverlaySnapshotter({ root: join(root, "data"), logger: silent });
    await snapshots.unpack({ chainId: digestOf("mounted"), path: archive });
    await snapshots.prepare("key", [digestOf("mounted")]);
    snapshots.mount("key", join(root, "mount"));
    try {
      const [seenRoot = "", ...seen] = listTree(join(root, "mount"));
      const [sourceRoot = "", ...expected] = listTree(source);
      assert.deepEqual(seen, expected);
      const withoutTime = (line: string): string => line.replace(/mtime=\d+/, "");
      assert.equal(withoutTime(seenRoot), withoutTime(sourceRoot));
    } finally {
      await snapshots.unmount(join(root, "mount"));
    }
    await snapshots.remove("key");
  });

  it("VolumeDriver.copyUp makes the same tree", async () => {
    await using volumes = createLocalVolumes(join(root, "data"));
    const mountpoint = await volumes.create("copied");
    await volumes.copyUp("copied", root, "source");
    assert.deepEqual(listTree(mountpoint), listTree(source));
    assert.ok(statSync(join(mountpoint, "sparse")).blocks < 9_000_000 / 512, "holes stay holes");
    assert.deepEqual(readdirSync(join(root, "data/volumes/copied")), ["_data"]);
  });
});
