import { deepStrictEqual, throws } from "node:assert/strict";
import { EngineError } from "../../../daemon/base/errors.ts";
import { resolveUser, type ResolvedUser } from "../../../daemon/oci/user.ts";

const passwd = `# a comment
root:x:0:0:root:/root:/bin/sh
www:x:33:33::/var/www:/bin/sh
1234:x:77:78::/home/digits:
nohome:x:40:41:::
bad:x:x:y::/:
huge:x:4294967296:0::/:
`;
const group = `root:x:0:root
www:x:33:
extra:x:44:www,other
more:x:45:www
huge:x:4294967295:
`;
const files = { passwd, group };

describe("resolveUser", () => {
  const user = (
    uid: number,
    gid: number,
    additionalGids: readonly number[],
    home: string,
    name: string,
  ): ResolvedUser => ({
    uid,
    gid,
    additionalGids,
    home,
    name,
  });
  const cases: readonly (readonly [spec: string, groupAdd: readonly string[], expected: ResolvedUser])[] = [
    ["", [], user(0, 0, [0], "/root", "root")],
    ["www", [], user(33, 33, [33, 44, 45], "/var/www", "www")],
    ["33", [], user(33, 33, [33, 44, 45], "/var/www", "www")],
    ["1000", [], user(1000, 0, [0], "/", "")],
    ["1000:1001", [], user(1000, 1001, [1001], "/", "")],
    ["www:extra", [], user(33, 44, [44], "/var/www", "www")],
    ["www:", [], user(33, 33, [33, 44, 45], "/var/www", "www")],
    [":44", [], user(0, 44, [44], "/root", "root")],
    ["1234", [], user(77, 78, [78], "/home/digits", "1234")],
    ["nohome", [], user(40, 41, [41], "/", "nohome")],
    ["2147483647", [], user(2147483647, 0, [0], "/", "")],
    ["1000", ["extra", "99", "extra"], user(1000, 0, [0, 44, 99], "/", "")],
  ];
  for (const [spec, groupAdd, expected] of cases) {
    it(`resolves ${JSON.stringify(spec)}${groupAdd.length > 0 ? ` with ${groupAdd.join()}` : ""}`, () =>
      deepStrictEqual(resolveUser(spec, files, groupAdd), expected));
  }

  const range = "uids and gids must be in range 0-2147483647";
  const refused: readonly (readonly [spec: string, groupAdd: readonly string[], message: string])[] = [
    ["nobody", [], "unable to find user nobody: no matching entries in passwd file"],
    ["bad", [], "unable to find user bad: no matching entries in passwd file"],
    ["root:staff", [], "unable to find group staff: no matching entries in group file"],
    ["root", ["staff"], "unable to find group staff: no matching entries in group file"],
    ["2147483648", [], range],
    ["-1", [], range],
    ["0:4294967296", [], range],
    ["huge", [], range],
    ["root:huge", [], range],
  ];
  for (const [spec, groupAdd, message] of refused) {
    it(`refuses ${JSON.stringify(spec)}${groupAdd.length > 0 ? ` with ${groupAdd.join()}` : ""}: ${message}`, () =>
      throws(() => resolveUser(spec, files, groupAdd), new EngineError("InvalidParameter", message)));
  }

  it("needs no files for numbers", () => {
    const none = { passwd: undefined, group: undefined };
    deepStrictEqual(resolveUser("7:8", none), user(7, 8, [8], "/", ""));
    deepStrictEqual(resolveUser("", none), user(0, 0, [0], "/", ""));
    throws(() => resolveUser("root", none), /unable to find user root: no matching entries in passwd file/);
  });

  it("reads no more than a bounded part of the files (CVE-2026-47262)", () => {
    const padding = "x".repeat(5 * 1024 * 1024);
    throws(() => resolveUser("late", { passwd: `#${padding}\nlate:x:1:1::/:\n`, group }), /no matching entries/);
    throws(
      () => resolveUser("long", { passwd: `long:x:1:1:${"x".repeat(70_000)}:/:\n`, group }),
      /no matching entries/,
    );
  });
});
