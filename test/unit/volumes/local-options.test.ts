import assert from "node:assert/strict";
import { type LocalOptions, checkLocalOptions, isMountedKind } from "../../../daemon/volumes/local-options.ts";
import { withAddresses } from "../../../daemon/volumes/network-address.ts";

describe("checkLocalOptions", () => {
  // Docker 28.5's words for each.
  const refused: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{ foo: "x" }, 'invalid option: "foo"'],
    [{ type: "tmpfs" }, 'missing required option: "device"'],
    [{ o: "size=1m" }, 'missing required option: "device"'],
    [{ device: "x" }, 'missing required option: "type"'],
    [{ size: "1m" }, "quota size requested but no quota support"],
    [{ size: "1x" }, "invalid suffix: 'x'"],
    [{ size: "many" }, "invalid size: 'many'"],
    [{ type: "cifs", device: "//host:4/x" }, "port not allowed in CIFS device URL, include 'port' in 'o='"],
  ];
  for (const [options, message] of refused) {
    it(`refuses ${JSON.stringify(options)}`, () =>
      assert.throws(() => checkLocalOptions(options, false), { kind: "InvalidParameter", message }));
  }

  it("takes what can be mounted, and a size of nothing", () => {
    const taken: readonly LocalOptions[] = [
      {},
      { type: "nfs", device: ":/x", o: "addr=1.2.3.4" },
      { type: "", device: "" },
      { size: "0" },
    ];
    for (const options of taken) checkLocalOptions(options, false);
    checkLocalOptions({ size: "1m" }, true);
    assert.deepEqual([isMountedKind({}), isMountedKind({ type: "tmpfs", device: "tmpfs" })], [false, true]);
  });
});

describe("withAddresses", () => {
  const cases: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{ type: "nfs", device: ":/x", o: "addr=10.0.0.1,rw" }, ":/x addr=10.0.0.1,rw"],
    [{ type: "nfs", device: "10.0.0.2:/x", o: "rw" }, "10.0.0.2:/x rw,addr=10.0.0.2"],
    [{ type: "nfs4", device: "[fd00::1]:/x" }, "[fd00::1]:/x addr=fd00::1"],
    [{ type: "cifs", device: "//10.0.0.3/share", o: "user=a" }, "//10.0.0.3/share user=a,addr=10.0.0.3"],
    [{ type: "nfs", device: "localhost:/x", o: "" }, "localhost:/x addr=127.0.0.1"],
    [{ type: "tmpfs", device: "tmpfs", o: "addr=name" }, "tmpfs addr=name"],
  ];
  for (const [options, expected] of cases) {
    it(`${options["type"]} ${options["device"]} is ${expected}`, async () => {
      const { device, o } = await withAddresses(options);
      assert.equal(`${device} ${o}`.replace("addr=::1", "addr=127.0.0.1"), expected);
    });
  }
});
