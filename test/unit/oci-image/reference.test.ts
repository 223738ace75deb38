import assert from "node:assert/strict";
import { digestOf } from "../../../daemon/base/digest.ts";
import { canonical, familiar, parseReference, withDefaultTag } from "../../../daemon/oci/reference.ts";

const DIGEST = digestOf("");

describe("parseReference", () => {
  const good: readonly (readonly [string, string, string])[] = [
    ["busybox", "docker.io/library/busybox:latest", "busybox:latest"],
    ["busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"],
    ["me/app", "docker.io/me/app:latest", "me/app:latest"],
    ["docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest"],
    ["index.docker.io/library/busybox", "docker.io/library/busybox:latest", "busybox:latest"],
    ["docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"],
    ["localhost/a", "localhost/a:latest", "localhost/a:latest"],
    ["localhost:5000/a/b:1", "localhost:5000/a/b:1", "localhost:5000/a/b:1"],
    ["[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest"],
    ["r.example/a__b/c-_d".replace("-_", "--"), "r.example/a__b/c--d:latest", "r.example/a__b/c--d:latest"],
    ["UPPER/app", "UPPER/app:latest", "UPPER/app:latest"],
    [`a@${DIGEST}`, `docker.io/library/a@${DIGEST}`, `a@${DIGEST}`],
    [`a:1@${DIGEST}`, `docker.io/library/a:1@${DIGEST}`, `a:1@${DIGEST}`],
    ["a:" + "t".repeat(128), `docker.io/library/a:${"t".repeat(128)}`, "a:" + "t".repeat(128)],
  ];
  for (const [text, whole, short] of good) {
    it(`reads ${text.slice(0, 40)}`, () => {
      const reference = withDefaultTag(parseReference(text));
      assert.deepStrictEqual([canonical(reference), familiar(reference)], [whole, short]);
      // What is shown can be typed again.
      assert.equal(canonical(parseReference(familiar(reference))), whole);
    });
  }

  const plain = "invalid reference format";
  const bad: readonly (readonly [string, string])[] = [
    ["", plain],
    [" a", plain],
    ["a b", plain],
    ["-a", plain],
    ["a..b", plain],
    ["a//b", plain],
    ["a/", plain],
    ["../a", plain],
    ["a:", plain],
    ["a:b:c", plain],
    ["a:-x", plain],
    ["a:" + "t".repeat(129), plain],
    ["a@sha256:123", plain],
    ["a@md5:d41d8cd98f00b204e9800998ecf8427e", plain],
    [`a@${DIGEST}@${DIGEST}`, plain],
    ["a\n", plain],
    ["http://r/a", plain],
    ["library/UPPER", "invalid reference format: repository name (library/UPPER) must be lowercase"],
    ["Busybox", "invalid reference format: repository name (library/Busybox) must be lowercase"],
    ["r.example/" + "a".repeat(256), "repository name must not be more than 255 characters"],
    ["a".repeat(64), `invalid repository name (${"a".repeat(64)}), cannot specify 64-byte hexadecimal strings`],
  ];
  for (const [text, message] of bad) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () =>
      assert.throws(() => parseReference(text), { kind: "InvalidParameter", message }));
  }

  it("takes no time over a long name", () => {
    const before = process.cpuUsage();
    assert.throws(() => parseReference(`r.example/${"a-".repeat(50_000)}!`));
    assert.ok(process.cpuUsage(before).user < 300_000);
  });
});
