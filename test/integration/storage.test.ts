import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Digest, digestOf, hexOf } from "../../daemon/base/digest.ts";
import { silent } from "../../daemon/base/logger.ts";
import { createContentStore } from "../../daemon/content/file-content-store.ts";
import { createOverlaySnapshotter } from "../../daemon/snapshots/overlay-snapshotter.ts";
import { createLocalVolumes } from "../../daemon/volumes/local-volumes.ts";
import { mountsBelow } from "../support/leak-guard.ts";
import { type TarEntry, tarArchive } from "../support/tar.ts";

const layer = (name: string): Digest => digestOf(name);
const dir = (name: string, more: Partial<TarEntry> = {}): TarEntry => ({ name, type: "directory", ...more });

describe("Snapshotter", () => {
  let root: string;
  let snapshots: ReturnType<typeof createOverlaySnapshotter>;
  const folder = (name: string): readonly string[] => readdirSync(join(root, name));
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "slipway-storage-"));
    snapshots = createOverlaySnapshotter({ root, logger: silent });
  });
  afterEach(async () => {
    await snapshots[Symbol.asyncDispose]();
    assert.deepEqual(mountsBelow(root), []);
    rmSync(root, { recursive: true });
  });

  async function unpack(name: string, entries: readonly TarEntry[]): Promise<void> {
    const path = join(root, `${name}.tar`);
    writeFileSync(path, tarArchive(entries));
    await snapshots.unpack({ chainId: layer(name), path });
    rmSync(path);
  }

  /** What a container sees on the layers, as `path` lines: `d`, `f:content`, `l:target`. */
  async function seen<R>(chain: readonly string[], look: (target: string) => R): Promise<R> {
    await snapshots.prepare("seen", chain.map(layer));
    const target = join(root, "target");
    snapshots.mount("seen", target);
    try {
      return look(target);
    } finally {
      await snapshots.unmount(target);
      await snapshots.remove("seen");
    }
  }

  it("whiteouts hide what is below, and only that", async () => {
    await unpack("base", [
      ...["gone", "kept", "both"].map((name) => ({ name: `d/${name}`, data: "old" })),
      ...["a", "b"].map((name) => ({ name: `opaque/${name}`, data: "old" })),
      { name: "gone-dir/deep/file", data: "old" },
      { name: "again/old", data: "old" },
    ]);
    await unpack("top", [
      { name: "d/.wh.gone" },
      { name: "d/both", data: "new" },
      { name: "d/.wh.both" },
      { name: "opaque/c", data: "new" },
      { name: "opaque/.wh..wh..opq" },
      { name: ".wh.gone-dir" },
      { name: ".wh.again" },
      dir("again"),
      { name: "again/new", data: "new" },
      { name: ".wh..wh.plnk/1.2", data: "of AUFS" },
    ]);
    const tree = await seen(["base", "top"], (target) =>
      readdirSync(target, { recursive: true, encoding: "utf8" }).sort(),
    );
    assert.deepEqual(tree, ["again", "again/new", "d", "d/both", "d/kept", "opaque", "opaque/c"]);
  });

  const kinds: readonly Partial<TarEntry>[] = [
    { type: "file", data: "text" },
    { type: "directory" },
    { type: "symlink", link: "elsewhere" },
    { type: "fifo" },
    { type: "hardlink", link: "other" },
  ];
  for (const first of kinds) {
    for (const second of kinds) {
      it(`a ${second.type} takes the place of a ${first.type} in one layer`, async () => {
        await unpack("one", [
          { name: "other", data: "other" },
          { name: "x", ...first },
          ...(first.type === "directory" ? [{ name: "x/below", data: "" }] : []),
          { name: "x", ...second, mode: 0o711 },
          { name: "after", data: "" },
        ]);
        const found = lstatSync(join(root, "layers", hexOf(layer("one")), "diff/x"));
        const type = {
          file: found.isFile(),
          directory: found.isDirectory(),
          symlink: found.isSymbolicLink(),
          fifo: found.isFIFO(),
          hardlink: found.isFile() && found.nlink === 2,
        }[second.type as "file"];
        assert.equal(type, true);
      });
    }
  }

  it("directories that a layer does not list are 0755, and keep what it says of them later", async () => {
    await unpack("one", [{ name: "a/b/c", data: "" }, dir("a/", { mode: 0o700, uid: 7, mtime: 12345 })]);
    const at = (path: string): unknown => {
      const { mode, uid, mtimeMs } = lstatSync(join(root, "layers", hexOf(layer("one")), "diff", path));
      return [mode & 0o7777, uid, mtimeMs === 12345000];
    };
    assert.deepEqual(
      [at("a"), at("a/b")],
      [
        [0o700, 7, true],
        [0o755, 0, false],
      ],
    );
  });

  it("the root directory of a container is that of the topmost layer that lists it", async () => {
    await unpack("bottom", [dir("./", { mode: 0o711, uid: 5 }), { name: "a" }]);
    await unpack("middle", [dir("./", { mode: 0o750, uid: 6, gid: 7 })]);
    await unpack("top", [{ name: "b" }]);
    const stats = await seen(["bottom", "middle", "top"], (target) => lstatSync(target));
    assert.deepEqual([stats.mode & 0o7777, stats.uid, stats.gid], [0o750, 6, 7]);
  });

  it("unpack is idempotent, also when two ask at once", async () => {
    const path = join(root, "layer.tar");
    writeFileSync(path, tarArchive([{ name: "file", data: "12345" }]));
    const source = { chainId: layer("one"), path };
    const [one, two] = await Promise.all([snapshots.unpack(source), snapshots.unpack(source)]);
    rmSync(path);
    const again = await snapshots.unpack(source);
    const expected = { size: 5, diffId: digestOf(tarArchive([{ name: "file", data: "12345" }])) };
    assert.deepEqual([one, two, again, await snapshots.layerSize(layer("one"))], [expected, expected, expected, 5]);
    assert.deepEqual(folder("layers"), [hexOf(layer("one"))]);
  });

  it("unpack aborts, cleans up and reports how far it came", async () => {
    const path = join(root, "layer.tar");
    writeFileSync(path, tarArchive([{ name: "big", data: randomBytes(24 * 1024 * 1024) }]));
    const aborting = new AbortController();
    const reported: number[] = [];
    const unpacking = snapshots.unpack({ chainId: layer("one"), path }, aborting.signal, (bytes) => {
      reported.push(bytes);
      aborting.abort(new Error("changed my mind"));
    });
    await assert.rejects(unpacking, { message: "changed my mind" });
    assert.deepEqual([folder("layers"), (reported[0] ?? 0) > 0], [[], true]);
    await assert.rejects(snapshots.unpack({ chainId: layer("one"), path }, AbortSignal.abort()), {
      name: "AbortError",
    });
  });

  it("mounts 150 layers, and writes stay in the upper directory", async () => {
    const names = Array.from({ length: 150 }, (_, n) => `layer-${n}`);
    for (const [n, name] of names.entries()) {
      await unpack(name, [
        { name: `file-${n}`, data: name },
        { name: "same", data: name },
      ]);
    }
    const count = await seen(names, (target) => {
      assert.equal(readFileSync(join(target, "same"), "utf8"), "layer-149");
      writeFileSync(join(target, "same"), "changed");
      return readdirSync(target).length;
    });
    assert.equal(count, 151);
  });

  it("mount is idempotent, needs a prepared key, and unmount needs no mount", async () => {
    const target = join(root, "target");
    assert.throws(() => snapshots.mount("none", target), { kind: "NotFound" });
    await assert.rejects(snapshots.prepare("key", [layer("none")]), { kind: "NotFound" });
    await snapshots.prepare("key", []);
    await snapshots.prepare("key", []);
    snapshots.mount("key", target);
    snapshots.mount("key", target);
    assert.equal(mountsBelow(root).length, 1);
    writeFileSync(join(target, "file"), "12345");
    mkdirSync(join(target, "dir"));
    assert.deepEqual(await snapshots.usage("key"), { bytes: 5, inodes: 3 });
    await snapshots.unmount(target);
    await snapshots.unmount(target);
    snapshots.mount("key", target);
    assert.equal(readFileSync(join(target, "file"), "utf8"), "12345");
    await snapshots.unmount(target);
  });

  it("usage and remove take trees of any size", async () => {
    await snapshots.prepare("key", []);
    for (let n = 0; n < 500; n++) writeFileSync(join(root, "containers-rw/key/upper", `f${n}`), "xy");
    assert.deepEqual(await snapshots.usage("key"), { bytes: 1000, inodes: 501 });
    await snapshots.remove("key");
    await snapshots.remove("key");
    assert.deepEqual(folder("containers-rw"), []);
    await snapshots[Symbol.asyncDispose]();
    assert.deepEqual([folder("trash/snapshots"), await snapshots.usage("key")], [[], { bytes: 0, inodes: 0 }]);
  });

  it("sweep removes what no record names and what a crash left half made", async () => {
    await unpack("known", [{ name: "file" }]);
    await unpack("orphan", [{ name: "file" }]);
    await snapshots.prepare("key", [layer("known")]);
    await snapshots.prepare("lost", []);
    for (const left of ["layers/.new-1/diff/half", "containers-rw/.new-2/upper", "trash/snapshots/left/deep"]) {
      mkdirSync(join(root, left), { recursive: true });
    }
    await snapshots.sweep({ layers: new Set([layer("known")]), keys: new Set(["key"]) });
    await snapshots[Symbol.asyncDispose]();
    assert.deepEqual(
      [folder("layers"), folder("containers-rw"), folder("trash/snapshots")],
      [[hexOf(layer("known"))], ["key"], []],
    );
    assert.deepEqual(
      [await snapshots.layerSize(layer("orphan")), await snapshots.layerSize(layer("known"))],
      [undefined, 0],
    );
  });

  it("a daemon killed while it unpacks leaves nothing that the next start does not sweep", async () => {
    const path = join(root, "layer.tar");
    writeFileSync(
      path,
      tarArchive(Array.from({ length: 40 }, (_, n) => ({ name: `f${n}`, data: randomBytes(1_000_000) }))),
    );
    const module = (name: string): string => JSON.stringify(new URL(`../../daemon/${name}`, import.meta.url).href);
    const source = `
      import { createOverlaySnapshotter } from ${module("snapshots/overlay-snapshotter.ts")};
      import { silent } from ${module("base/logger.ts")};
      const [, root, path, chainId] = process.argv;
      await createOverlaySnapshotter({ root, logger: silent }).unpack({ chainId, path }, undefined, () => process.kill(process.pid, "SIGKILL"));`;
    const args = ["--input-type=module", "-e", source, root, path, layer("one")];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
    const killedBy = await new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
    assert.deepEqual(
      [killedBy, folder("layers").length, await snapshots.layerSize(layer("one"))],
      ["SIGKILL", 1, undefined],
    );
    await snapshots.sweep({ layers: new Set(), keys: new Set() });
    await snapshots[Symbol.asyncDispose]();
    assert.deepEqual([folder("layers"), folder("trash/snapshots")], [[], []]);
  });
});

describe("a full disk", () => {
  const SIZE = 4 * 1024 * 1024;
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "slipway-full-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", root]);
  });
  afterEach(() => {
    execFileSync("umount", [root]);
    rmSync(root, { recursive: true });
  });
  const free = (): number => statfsSync(root).bavail * statfsSync(root).bsize;
  const full = { name: "EngineError", kind: "Unavailable", message: /no space left on device/ };

  it("ContentStore says so, and gives the space back", async () => {
    const store = createContentStore(root);
    const before = free();
    await using writer = await store.writer("large");
    const write = async (): Promise<void> => {
      for (let n = 0; n < 10; n++) await writer.write(randomBytes(1024 * 1024));
    };
    await assert.rejects(write(), full);
    assert.equal(free(), before);
    assert.deepEqual(readdirSync(join(root, "ingests")), []);
  });

  it("Snapshotter.unpack says so, and gives the space back", async () => {
    const archive = `${root}.tar`;
    writeFileSync(archive, tarArchive([{ name: "a" }, { name: "dir/large", data: randomBytes(2 * SIZE) }]));
    try {
      await using snapshots = createOverlaySnapshotter({ root, logger: silent });
      const before = free();
      await assert.rejects(snapshots.unpack({ chainId: layer("one"), path: archive }), full);
      assert.deepEqual([free(), readdirSync(join(root, "layers"))], [before, []]);
    } finally {
      rmSync(archive);
    }
  });

  it("VolumeDriver.copyUp says so, and the volume still counts as empty", async () => {
    const source = `${root}-source`;
    mkdirSync(source);
    writeFileSync(join(source, "large"), randomBytes(2 * SIZE));
    try {
      await using volumes = createLocalVolumes(root);
      await volumes.create("vv");
      await assert.rejects(volumes.copyUp("vv", source, "/"), full);
      assert.deepEqual(
        [await volumes.isEmpty("vv"), existsSync(join(volumes.mountpoint("vv"), "large"))],
        [true, false],
      );
    } finally {
      rmSync(source, { recursive: true });
    }
  });
});
