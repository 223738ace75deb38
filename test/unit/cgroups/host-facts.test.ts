import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { currentLabel } from "../../../daemon/linux/apparmor.ts";
import { deviceNumber, resolveDevices } from "../../../daemon/linux/devices.ts";
import { goArch, parseOsRelease } from "../../../daemon/linux/host-facts.ts";
import { inUserNamespace, ownCapabilities, ownHardLimits } from "../../../daemon/linux/own-limits.ts";
import { readFeatures } from "../../../daemon/linux/runc-features.ts";
import { apparmorProfile } from "../../../daemon/oci/apparmor.ts";

describe("parseOsRelease", () => {
  const cases: readonly (readonly [text: string, name: string, version: string])[] = [
    ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\n', "Debian GNU/Linux 12 (bookworm)", "12"],
    ["PRETTY_NAME='Arch Linux'\n# VERSION_ID=no\n", "Arch Linux", ""],
    ['PRETTY_NAME="A \\"B\\" \\$C"\nVERSION_ID=3.19\n', 'A "B" $C', "3.19"],
    ["", "Linux", ""],
  ];
  for (const [text, operatingSystem, osVersion] of cases)
    it(`reads ${JSON.stringify(text)}`, () => deepStrictEqual(parseOsRelease(text), { operatingSystem, osVersion }));
});

describe("goArch", () => {
  it("translates Node's names", () => deepStrictEqual(["x64", "arm64", "ia32"].map(goArch), ["amd64", "arm64", "386"]));
});

describe("ownCapabilities", () => {
  it("is what is both permitted and in the bounding set", () => {
    const status = "CapPrm:\t0000000000000003\nCapBnd:\t0000000000000006\n";
    deepStrictEqual(ownCapabilities(status), ["CAP_DAC_OVERRIDE"]);
  });
});

describe("inUserNamespace", () => {
  it("is where not every uid is itself", () => {
    const maps = ["         0          0 4294967295\n", "0 1000 1\n1 100000 65536\n"];
    deepStrictEqual(
      maps.map((map) => inUserNamespace(map)),
      [false, true],
    );
  });
});

describe("ownHardLimits", () => {
  it("reads the hard column, unlimited as -1", () => {
    const text = [
      "Limit                     Soft Limit           Hard Limit           Units     ",
      "Max cpu time              unlimited            unlimited            seconds   ",
      "Max open files            1024                 20000                files     ",
      "Max nice priority         0                    7                    ",
    ].join("\n");
    deepStrictEqual(ownHardLimits(text), { cpu: -1, nofile: 20_000, nice: 7 });
  });
});

describe("readFeatures", () => {
  it("takes what runc tells, and defaults for what it does not", () => {
    deepStrictEqual(readFeatures({}), { version: "", commit: "", mountOptions: [], seccomp: true });
    const annotations = { "org.opencontainers.runc.version": "1.1.5", "org.opencontainers.runc.commit": "abc" };
    deepStrictEqual(readFeatures({ annotations, mountOptions: ["rro"], linux: { seccomp: { enabled: false } } }), {
      version: "1.1.5",
      commit: "abc",
      mountOptions: ["rro"],
      seccomp: false,
    });
  });
});

describe("resolveDevices", () => {
  it("gives a node under another name", () => {
    const { major, minor, fileMode, ...node } = resolveDevices("/dev/null", "/dev/zilch", "rw")[0] ?? {};
    deepStrictEqual([major, minor, fileMode], [1, 3, 0o666]);
    deepStrictEqual(node, { path: "/dev/zilch", type: "c", uid: 0, gid: 0, permissions: "rw" });
  });

  it("gives every node below a folder, where it is asked for", () => {
    const paths = resolveDevices("/dev", "/devices", "r").map(({ path }) => path);
    deepStrictEqual([paths.includes("/devices/null"), paths.includes("/devices/stdin")], [true, false]);
  });

  for (const [path, permissions, message] of [
    ["/dev/nothing", "rwm", /custom device "\/dev\/nothing": no such file or directory/],
    ["/etc/passwd", "rwm", /custom device "\/etc\/passwd": not a device node/],
    ["/dev/null", "x", /invalid device mode: x/],
  ] as const) {
    it(`refuses ${path} with ${permissions}`, () =>
      throws(() => resolveDevices(path, path, permissions), { kind: "InvalidParameter", message }));
  }
});

describe("deviceNumber", () => {
  it("takes numbers of more than 8 bits apart", () => {
    deepStrictEqual(deviceNumber(0x103), { major: 1, minor: 3 });
    // makedev(259, 300)
    deepStrictEqual(deviceNumber(0x11032c), { major: 259, minor: 300 });
  });
});

describe("apparmorProfile", () => {
  it("trusts the daemon's own label, but not as part of the text", () => {
    strictEqual(apparmorProfile("my//daemon").includes("signal (receive) peer=my//daemon,"), true);
    strictEqual(apparmorProfile("x,\n  mount,").includes("peer=x"), false);
    strictEqual(typeof currentLabel(), "string");
  });
});
