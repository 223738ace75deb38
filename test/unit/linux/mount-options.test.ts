import assert from "node:assert/strict";
import { mountOf, parseMountInfo } from "../../../daemon/linux/mount-info.ts";
import { MS, parseMountOptions } from "../../../daemon/linux/mount-options.ts";

describe("parseMountOptions", () => {
  const cases: readonly (readonly [string, number, number, string])[] = [
    ["", 0, 0, ""],
    ["size=1m,uid=5", 0, 0, "size=1m,uid=5"],
    ["ro,nosuid,size=1m", MS.readOnly | MS.noSuid, 0, "size=1m"],
    ["ro,rw,noexec,exec", 0, 0, ""],
    ["rbind,rshared", MS.bind | MS.recursive, MS.shared | MS.recursive, ""],
    ["bind,ro,private", MS.bind | MS.readOnly, MS.private, ""],
    ["addr=1.2.3.4,,nolock,soft", 0, 0, "addr=1.2.3.4,nolock,soft"],
    ["constructor", 0, 0, "constructor"],
  ];
  for (const [text, flags, propagation, data] of cases) {
    it(JSON.stringify(text), () => assert.deepEqual(parseMountOptions(text), { flags, propagation, data }));
  }
});

describe("mountOf", () => {
  const mounts = parseMountInfo(
    [
      "1 0 8:1 / / rw - ext4 /dev/sda rw",
      "2 1 0:5 / /tmp rw shared:3 - tmpfs tmpfs rw",
      "3 1 0:6 / /tmp/with\\040space rw master:4 - tmpfs tmpfs rw",
      "4 1 0:7 / /tm rw - tmpfs tmpfs rw",
      "",
    ].join("\n"),
  );

  it("reads escapes and peer groups", () => {
    assert.deepEqual(
      mounts.map(({ mountPoint, shared, slave }) => [mountPoint, shared, slave]),
      [
        ["/", false, false],
        ["/tmp", true, false],
        ["/tmp/with space", false, true],
        ["/tm", false, false],
      ],
    );
  });

  it("finds the mount that a path is on, by whole names", () => {
    assert.deepEqual([mountOf("/tmp", mounts)?.id, mountOf("/usr", mounts)?.id], [2, 1]);
  });
});
