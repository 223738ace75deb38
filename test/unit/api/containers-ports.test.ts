import assert from "node:assert/strict";
import { parsePort, parsePortBindings, portText } from "../../../daemon/api/containers/spec/ports.ts";
import type { PortBinding } from "../../../sdk/contract/index.ts";

describe("parsePort", () => {
  it("reads a number with and without its protocol", () =>
    assert.deepStrictEqual(
      ["80", "80/tcp", "053/UDP", "1/sctp"].map((each) => portText(parsePort(each))),
      ["80/tcp", "80/tcp", "53/udp", "1/sctp"],
    ));
  for (const text of ["", "0", "65536", "80/", "80/xyz", "-1", "80-81", "a"]) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => parsePort(text), { message: `invalid port specification: ${JSON.stringify(text)}` }));
  }
});

describe("parsePortBindings", () => {
  const one = (binding: PortBinding): unknown => {
    const [{ hostIp, hostPort, hostPortEnd } = {}] = parsePortBindings({ "80/tcp": [binding] });
    return [hostIp, hostPort, hostPortEnd];
  };
  const ROWS: readonly (readonly [binding: PortBinding, expected: readonly [string, number, number]])[] = [
    [{}, ["", 0, 0]],
    [{ HostIp: null, HostPort: "" }, ["", 0, 0]],
    [{ HostPort: "0" }, ["", 0, 0]],
    [{ HostPort: "8080" }, ["", 8080, 8080]],
    [{ HostIp: "127.0.0.1", HostPort: "8000-8010" }, ["127.0.0.1", 8000, 8010]],
    [{ HostIp: "[::1]", HostPort: "80" }, ["::1", 80, 80]],
  ];
  for (const [binding, expected] of ROWS)
    it(`reads ${JSON.stringify(binding)}`, () => assert.deepStrictEqual(one(binding), expected));

  for (const HostPort of ["x", "70000", "8010-8000", "-80", "80-", "1-2-3"]) {
    it(`refuses ${HostPort}`, () => assert.throws(() => one({ HostPort }), /invalid port specification/));
  }
  it("refuses an address that is none", () => assert.throws(() => one({ HostIp: "x" }), /invalid IP address: x/));
  it("takes every binding, and none of a port that is only exposed", () => {
    const ports = parsePortBindings({ "80/tcp": [{ HostPort: "1" }, { HostPort: "2" }], "81/udp": null, "82": [] });
    assert.deepStrictEqual(
      ports.map((each) => [each.containerPort, each.protocol, each.hostPort]),
      [
        [80, "tcp", 1],
        [80, "tcp", 2],
      ],
    );
  });
});
