import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalVolumes } from "../../../daemon/volumes/local-volumes.ts";
import { isVolumeName } from "../../../daemon/volumes/volume-name.ts";

describe("isVolumeName", () => {
  const names: readonly (readonly [string, boolean])[] = [
    ["data", true],
    ["a", false],
    ["A.b_c-1", true],
    ["", false],
    [".hidden", false],
    ["..", false],
    ["-x", false],
    ["a/b", false],
    ["a\0b", false],
    ["a b", false],
    ["a\n", false],
    ["x".repeat(256), false],
  ];
  for (const [name, valid] of names) {
    it(`${JSON.stringify(name).slice(0, 20)} is ${valid ? "valid" : "refused"}`, () =>
      assert.equal(isVolumeName(name), valid));
  }
});

describe("LocalVolumes", () => {
  let root: string;
  let rootfs: string;
  let volumes: ReturnType<typeof createLocalVolumes>;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "slipway-volumes-"));
    rootfs = join(root, "rootfs");
    mkdirSync(join(rootfs, "srv/data/deep"), { recursive: true });
    writeFileSync(join(rootfs, "srv/data/deep/file"), "from the image");
    volumes = createLocalVolumes(root);
  });
  afterEach(async () => {
    await volumes[Symbol.asyncDispose]();
    rmSync(root, { recursive: true });
  });

  it("create makes an empty 0755 directory, and keeps one that is there", async () => {
    const mountpoint = await volumes.create("vv");
    assert.deepEqual([mountpoint, await volumes.isEmpty("vv")], [join(root, "volumes/vv/_data"), true]);
    assert.equal(statSync(mountpoint).mode & 0o7777, 0o755);
    writeFileSync(join(mountpoint, "mine"), "12345");
    await volumes.create("vv");
    assert.deepEqual([await volumes.isEmpty("vv"), await volumes.usage("vv")], [false, 5]);
  });

  it("refuses a name that is no name, before it becomes a path", async () => {
    for (const name of ["..", "a/../../b", ""]) {
      await assert.rejects(volumes.create(name), { kind: "InvalidParameter" });
      await assert.rejects(volumes.remove(name), { kind: "InvalidParameter" });
    }
  });

  it("isEmpty answers NotFound for no volume", async () => {
    await assert.rejects(volumes.isEmpty("none"), { kind: "NotFound" });
  });

  it("remove frees the name at once, and leaves nothing", async () => {
    writeFileSync(join(await volumes.create("vv"), "mine"), "");
    await volumes.remove("vv");
    assert.equal(existsSync(join(root, "volumes/vv")), false);
    await volumes.remove("vv");
    await volumes[Symbol.asyncDispose]();
    assert.deepEqual(readdirSync(join(root, "trash/volumes")), []);
  });

  it("copyUp resolves links inside the rootfs", async () => {
    mkdirSync(join(rootfs, "etc"));
    writeFileSync(join(rootfs, "etc/inside"), "");
    symlinkSync("/../../../etc", join(rootfs, "link"));
    const mountpoint = await volumes.create("vv");
    await volumes.copyUp("vv", rootfs, "/link");
    assert.deepEqual(readdirSync(mountpoint), ["inside"]);
  });

  for (const path of ["/nothing", "/srv/data/deep/file", "/loop"]) {
    it(`copyUp of ${path} copies nothing`, async () => {
      symlinkSync("loop", join(rootfs, "loop"));
      const mountpoint = await volumes.create("vv");
      await volumes.copyUp("vv", rootfs, path);
      assert.deepEqual([readdirSync(mountpoint), await volumes.isEmpty("vv")], [[], true]);
    });
  }

  it("copyUp goes on where one was killed, and touches nothing that is there", async () => {
    const mountpoint = await volumes.create("vv");
    mkdirSync(join(root, "volumes/vv/filling"));
    writeFileSync(join(root, "volumes/vv/filling/entry"), "half of a fi");
    writeFileSync(join(mountpoint, "mine"), "written by a container");
    assert.equal(await volumes.isEmpty("vv"), true);
    await volumes.copyUp("vv", rootfs, "/srv/data");
    assert.deepEqual(
      ["mine", "deep/file"].map((name) => readFileSync(join(mountpoint, name), "utf8")),
      ["written by a container", "from the image"],
    );
    assert.deepEqual([await volumes.isEmpty("vv"), readdirSync(join(root, "volumes/vv"))], [false, ["_data"]]);
  });

  it("copyUp stops when its signal aborts", async () => {
    await volumes.create("vv");
    await assert.rejects(volumes.copyUp("vv", rootfs, "/srv", AbortSignal.abort()), { name: "AbortError" });
  });

  it("sweep removes what no record names, and what the trash still holds", async () => {
    for (const name of ["kept", "orphan"]) await volumes.create(name);
    mkdirSync(join(root, "trash/volumes/left/deep"), { recursive: true });
    await volumes.sweep(new Map([["kept", {}]]));
    await volumes[Symbol.asyncDispose]();
    assert.deepEqual([readdirSync(join(root, "volumes")), readdirSync(join(root, "trash/volumes"))], [["kept"], []]);
  });
});
