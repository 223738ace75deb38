import assert from "node:assert/strict";
import { messageOf } from "../../../daemon/base/errors.ts";
import { modeOf, parseBind } from "../../../daemon/api/containers/spec/binds.ts";
import { parseMount } from "../../../daemon/api/containers/spec/mounts.ts";
import type { MountSpec } from "../../../daemon/engine/model/container.ts";

const bind = (source: string, target: string, over: object = {}) => ({
  type: "bind",
  source,
  target,
  readOnly: false,
  propagation: "rprivate",
  nonRecursive: false,
  createSource: true,
  ...over,
});
const volume = (name: string, target: string, over: object = {}) => ({
  type: "volume",
  name,
  target,
  readOnly: false,
  noCopy: false,
  labels: {},
  driver: "local",
  driverOpts: {},
  subpath: "",
  ...over,
});

describe("parseBind", () => {
  const GOOD: readonly (readonly [text: string, mount: object])[] = [
    ["/a:/b", bind("/a", "/b")],
    ["/a/../c/:/b//d/", bind("/c", "/b/d")],
    ["/a:/b:ro", bind("/a", "/b", { readOnly: true })],
    ["/a:/b:rw,z", bind("/a", "/b")],
    ["/a:/b:ro,Z,rslave,cached", bind("/a", "/b", { readOnly: true, propagation: "rslave" })],
    ["/a:/b:", bind("/a", "/b")],
    ["vol:/b", volume("vol", "/b")],
    ["vol:/b:ro,nocopy", volume("vol", "/b", { readOnly: true, noCopy: true })],
    ["/b", volume("", "/b")],
  ];
  for (const [text, mount] of GOOD) {
    it(`reads ${text}`, () => assert.deepStrictEqual(parseBind(text, "local"), mount));
  }

  const BAD: readonly (readonly [text: string, message: string])[] = [
    ["", "invalid volume specification: ''"],
    [":/b", "invalid volume specification: ':/b'"],
    ["/a:", "invalid volume specification: '/a:'"],
    ["/a:ro", "invalid volume specification: '/a:ro'"],
    ["a:b:c:d", "invalid volume specification: 'a:b:c:d'"],
    ["/a:/", "invalid volume specification: '/a:/': invalid specification: destination can't be '/'"],
    ["/a:b", "invalid volume specification: '/a:b': invalid mount path: 'b' mount path must be absolute"],
    ["/a:/b:xx", "invalid mode: xx"],
    ["/a:/b:ro,rw", "invalid mode: ro,rw"],
    ["/a:/b:nocopy", "invalid mode: nocopy"],
    ["vol:/b:shared", "invalid mode: shared"],
    ["/a:/b:toString", "invalid mode: toString"],
  ];
  for (const [text, message] of BAD) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseBind(text, "local"), { message }));
  }

  it("names the driver of the container for volumes", () =>
    assert.deepStrictEqual(parseBind("vol:/b", "nfs"), volume("vol", "/b", { driver: "nfs" })));
});

describe("modeOf", () => {
  it("gives a bind's mode as it was written", () => {
    const binds = ["/a:/b:ro,Z", "v:/c/", "/d"];
    assert.deepStrictEqual(
      ["/b", "/c", "/d", "/e"].map((target) => modeOf(binds, target)),
      ["ro,Z", "", "", undefined],
    );
  });
});

describe("parseMount", () => {
  const GOOD: readonly (readonly [mount: object, spec: object])[] = [
    [{ Type: "bind", Source: "/x", Target: "/y" }, bind("/x", "/y", { createSource: false })],
    [
      {
        Type: "bind",
        Source: "/x",
        Target: "/y",
        ReadOnly: true,
        BindOptions: { NonRecursive: true, CreateMountpoint: true },
      },
      bind("/x", "/y", { readOnly: true, nonRecursive: true }),
    ],
    [
      { Type: "bind", Source: "/x", Target: "/y", ReadOnly: true, BindOptions: { ReadOnlyForceRecursive: true } },
      bind("/x", "/y", { readOnly: true, createSource: false, readOnlyBelow: "force" }),
    ],
    [
      { Type: "image", Source: "busybox", Target: "/i", ImageOptions: { Subpath: "bin" } },
      { type: "image", source: "busybox", target: "/i", readOnly: true, subpath: "bin" },
    ],
    [{ Type: "volume", Target: "/v", VolumeOptions: null }, volume("", "/v")],
    [
      {
        Type: "volume",
        Source: "v",
        Target: "/v",
        VolumeOptions: { Labels: { a: "b" }, DriverConfig: { Options: { o: "ro" } }, Subpath: "s" },
      },
      volume("v", "/v", { labels: { a: "b" }, driverOpts: { o: "ro" }, subpath: "s" }),
    ],
    [
      { Type: "tmpfs", Target: "/t", TmpfsOptions: { SizeBytes: 5, Mode: 511, Options: [["exec"]] } },
      { type: "tmpfs", target: "/t", readOnly: false, options: ["size=5", "mode=777", "exec"] },
    ],
  ];
  for (const [mount, spec] of GOOD) {
    it(`reads ${JSON.stringify(mount)}`, () => assert.deepStrictEqual<MountSpec | object>(parseMount(mount), spec));
  }

  const BAD: readonly (readonly [mount: object, message: string])[] = [
    [{ Target: "/x" }, 'invalid mount config for type "": mount type unknown'],
    [{ Type: "npipe", Target: "/x" }, 'invalid mount config for type "npipe": mount type unknown'],
    [{ Type: "bind", Source: "/x" }, 'invalid mount config for type "bind": field Target must not be empty'],
    [{ Type: "bind", Target: "/x" }, 'invalid mount config for type "bind": field Source must not be empty'],
    [
      { Type: "bind", Source: "x", Target: "/x" },
      `invalid mount config for type "bind": invalid mount path: 'x' mount path must be absolute`,
    ],
    [
      { Type: "bind", Source: "/x", Target: "/x", BindOptions: { Propagation: "up" } },
      'invalid mount config for type "bind": invalid propagation mode: up',
    ],
    [
      { Type: "bind", Source: "/x", Target: "/x", VolumeOptions: {} },
      'invalid mount config for type "bind": field VolumeOptions must not be specified',
    ],
    [
      { Type: "volume", Target: "/x", ReadOnly: true },
      'invalid mount config for type "volume": must not set ReadOnly mode when using anonymous volumes',
    ],
    [
      { Type: "volume", Source: "v", Target: "/x", VolumeOptions: { Subpath: "a/../../b" } },
      'invalid mount config for type "volume": subpath must be a relative path within the volume',
    ],
    [
      { Type: "tmpfs", Source: "/x", Target: "/x" },
      'invalid mount config for type "tmpfs": field Source must not be specified',
    ],
    [{ Type: "cluster", Source: "x", Target: "/x" }, "a mount of type cluster is not supported yet"],
    [
      { Type: "bind", Source: "/x", Target: "/x", BindOptions: { ReadOnlyForceRecursive: true } },
      'invalid mount config for type "bind": ReadOnlyForceRecursive requires ReadOnly',
    ],
  ];
  for (const [mount, message] of BAD) {
    it(`refuses ${JSON.stringify(mount)}`, () => {
      try {
        parseMount(mount);
        assert.fail("accepted");
      } catch (error) {
        assert.equal(messageOf(error), message);
      }
    });
  }
});
