import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { isMounted } from "../../../daemon/linux/mounts.ts";
import { createLocalVolumes } from "../../../daemon/volumes/local-volumes.ts";

const TMPFS = { type: "tmpfs", device: "tmpfs", o: "size=1m,mode=700" };

describe("LocalVolumes with options", () => {
  let root: string;
  let volumes: ReturnType<typeof createLocalVolumes>;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "slipway-mounts-"));
    volumes = createLocalVolumes(root);
    await volumes.create("vol");
  });
  afterEach(async () => {
    await volumes.remove("vol");
    await volumes[Symbol.asyncDispose]();
    rmSync(root, { recursive: true });
  });
  const mounted = (): boolean => isMounted(volumes.mountpoint("vol"));

  it("hold mounts for the first holder, release takes off after the last", async () => {
    await volumes.hold("vol", TMPFS, "one");
    writeFileSync(join(volumes.mountpoint("vol"), "file"), "shared");
    await volumes.hold("vol", TMPFS, "two");
    await volumes.hold("vol", TMPFS, "two");
    await volumes.release("vol", TMPFS, "one");
    assert.equal(readFileSync(join(volumes.mountpoint("vol"), "file"), "utf8"), "shared");
    await volumes.release("vol", TMPFS, "two");
    await volumes.release("vol", TMPFS, "two");
    assert.equal(mounted(), false);
  });

  it("two that hold it at once mount it once", async () => {
    await Promise.all(["one", "two", "three"].map((holder) => volumes.hold("vol", TMPFS, holder)));
    await Promise.all(["one", "two", "three"].map((holder) => volumes.release("vol", TMPFS, holder)));
    assert.equal(mounted(), false);
  });

  it("a bind shows the directory, and remove leaves what is in it alone", async () => {
    const source = join(root, "source");
    mkdirSync(source);
    writeFileSync(join(source, "precious"), "");
    const options = { type: "none", device: source, o: "bind,ro" };
    await volumes.hold("vol", options, "one");
    assert.throws(() => writeFileSync(join(volumes.mountpoint("vol"), "new"), ""), { code: "EROFS" });
    await volumes.remove("vol");
    await volumes[Symbol.asyncDispose]();
    assert.ok(existsSync(join(source, "precious")));
  });

  it("a password is not in what is told, nor in what caused it", async () => {
    const options = {
      type: "cifs",
      device: "//[::1]/share",
      o: "port=1,password=secret,pass=secret,username=password",
    };
    const error: unknown = await volumes.hold("vol", options, "one").catch((thrown: unknown) => thrown);
    assert.match(String(error), /data: port=1,password=\*{8},pass=\*{8},username=password,addr=::1:/);
    assert.equal(inspect(error, { depth: null }).includes("secret"), false);
  });

  it("what cannot be mounted is told in Docker's words, and is held by nobody", async () => {
    const options = { type: "none", device: "/nonexistent", o: "bind" };
    await assert.rejects(volumes.hold("vol", options, "one"), {
      kind: "InvalidParameter",
      message: `error while mounting volume '${volumes.mountpoint("vol")}': failed to mount local volume: mount /nonexistent:${volumes.mountpoint("vol")}, flags: 0x1000: no such file or directory`,
    });
    await volumes.settle();
    assert.equal(mounted(), false);
  });

  it("a type that the kernel does not know fails in the worker with the same words", async () => {
    const options = { type: "nosuchfs", device: "x" };
    await assert.rejects(
      volumes.hold("vol", options, "one"),
      /failed to mount local volume: mount x:.*: no such device$/,
    );
  });

  it("a new daemon keeps what is held, and takes off what a crash has left", async () => {
    await volumes.create("left");
    await volumes.hold("vol", TMPFS, "container");
    await volumes.hold("left", TMPFS, "container");
    const next = createLocalVolumes(root);
    next.adopt("vol", "container");
    await next.settle();
    assert.deepEqual([mounted(), isMounted(next.mountpoint("left"))], [true, false]);
    await next.release("vol", TMPFS, "container");
    assert.equal(mounted(), false);
    await next[Symbol.asyncDispose]();
  });

  it("sweep makes the directory of a known volume that a power cut has lost", async () => {
    await volumes.sweep(
      new Map([
        ["vol", {}],
        ["lost", {}],
      ]),
    );
    assert.ok(existsSync(volumes.mountpoint("lost")));
  });
});
