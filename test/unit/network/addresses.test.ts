import { deepEqual, equal, throws } from "node:assert/strict";
import type { ErrorKind } from "../../../daemon/base/errors.ts";
import { AddressRange, defaultGateway } from "../../../daemon/network/address-range.ts";
import { contains, formatCidr, overlaps, parseCidr } from "../../../daemon/network/cidr.ts";
import { macFor } from "../../../daemon/network/mac-address.ts";
import { chooseIpv6Subnet, chooseSubnet, DEFAULT_POOLS } from "../../../daemon/network/subnet-choice.ts";

const kind = (expected: ErrorKind) => (error: Error & { kind?: string }) => error.kind === expected;

describe("parseCidr", () => {
  const GOOD: readonly (readonly [text: string, normal: string])[] = [
    ["10.1.2.3/16", "10.1.0.0/16"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["192.0.2.7/32", "192.0.2.7/32"],
    ["FD91::1/64", "fd91::/64"],
    ["::/0", "::/0"],
    ["2001:db8::1/127", "2001:db8::/127"],
  ];
  for (const [text, normal] of GOOD) it(`${text} is ${normal}`, () => equal(formatCidr(parseCidr(text)), normal));

  const BAD = [
    "",
    "10.0.0.0",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/1e1",
    "10.0/16",
    "010.0.0.0/8",
    "1/8",
    "256.0.0.0/8",
  ];
  for (const text of [
    ...BAD,
    "fd91::/129",
    "fe80::1%eth0/64",
    "fd91:::/64",
    "10.91.0.0/99",
    "a.b.c.d/8",
    "0x7f.1.1.1/8",
  ])
    it(`${JSON.stringify(text)} is refused in Go's words`, () =>
      throws(() => parseCidr(text), { kind: "InvalidParameter", message: `invalid CIDR address: ${text}` }));
});

describe("overlaps", () => {
  const CASES: readonly (readonly [a: string, b: string, shared: boolean])[] = [
    ["10.0.0.0/8", "10.91.0.0/16", true],
    ["10.91.0.0/16", "10.0.0.0/8", true],
    ["10.0.0.0/24", "10.0.1.0/24", false],
    ["10.0.0.0/24", "10.0.0.0/24", true],
    ["0.0.0.0/0", "::/0", false],
    ["fd00::/8", "fd91::/64", true],
  ];
  for (const [a, b, shared] of CASES)
    it(`${a} and ${b}: ${shared}`, () => equal(overlaps(parseCidr(a), parseCidr(b)), shared));
  it("contains knows its family", () => {
    deepEqual(
      ["10.0.0.255", "10.0.1.0", "::", "nonsense"].map((each) => contains(parseCidr("10.0.0.0/24"), each)),
      [true, false, false, false],
    );
  });
});

describe("AddressRange", () => {
  const pool = (subnet: string, range?: string, reserved: readonly string[] = []): AddressRange =>
    new AddressRange({ subnet, range, reserved });

  it("gives the lowest free address, also after one came back", () => {
    const addresses = pool("172.17.0.0/16", undefined, ["172.17.0.1"]);
    deepEqual(
      [addresses.allocate(), addresses.allocate(), addresses.allocate()],
      ["172.17.0.2", "172.17.0.3", "172.17.0.4"],
    );
    addresses.release("172.17.0.3");
    addresses.release("172.17.0.3");
    deepEqual([addresses.allocate(), addresses.allocate()], ["172.17.0.3", "172.17.0.5"]);
  });

  it("never gives out what is reserved, the network or the broadcast, and says when none is left", () => {
    const addresses = pool("10.0.0.0/29", undefined, ["10.0.0.1", "10.0.0.4"]);
    deepEqual(
      Array.from({ length: 4 }, () => addresses.allocate()),
      ["10.0.0.2", "10.0.0.3", "10.0.0.5", "10.0.0.6"],
    );
    throws(() => addresses.allocate(), kind("Unavailable"));
    addresses.release("10.0.0.6");
    equal(addresses.allocate(), "10.0.0.6");
  });

  it("takes from the range, and a wish from all of the subnet", () => {
    const addresses = pool("10.91.0.0/16", "10.91.5.0/24", ["10.91.0.254"]);
    deepEqual(
      [addresses.allocate(), addresses.allocate("10.91.9.9"), addresses.allocate()],
      ["10.91.5.0", "10.91.9.9", "10.91.5.1"],
    );
  });

  it("refuses a wish that is taken (Forbidden, Docker's words), outside, or no host's", () => {
    const addresses = pool("10.91.0.0/16", undefined, ["10.91.0.1"]);
    throws(() => addresses.allocate("10.91.0.1"), { kind: "Forbidden", message: "Address already in use" });
    for (const wish of ["10.92.0.1", "10.91.0.0", "10.91.255.255", "fd00::1", "x"])
      throws(() => addresses.allocate(wish), kind("InvalidParameter"), wish);
  });

  it("reserve is what a restart does: also twice, also outside", () => {
    const addresses = pool("10.0.0.0/24", undefined, ["10.0.0.1"]);
    for (const address of ["10.0.0.2", "10.0.0.2", "192.0.2.1"]) addresses.reserve(address);
    equal(addresses.allocate(), "10.0.0.3");
  });

  it("small networks of two and one (RFC 3021), and IPv6", () => {
    deepEqual([pool("10.0.0.0/31").allocate(), pool("10.0.0.9/32").allocate()], ["10.0.0.0", "10.0.0.9"]);
    const addresses = pool("fd91::/64", undefined, ["fd91::1"]);
    deepEqual([addresses.allocate(), addresses.allocate("fd91:0::5")], ["fd91::2", "fd91::5"]);
  });

  it("65,000 addresses are given in one pass, not searched each time", () => {
    const addresses = pool("10.0.0.0/16");
    for (let n = 0; n < 65_534; n++) addresses.allocate();
    throws(() => addresses.allocate(), kind("Unavailable"));
  });

  it("defaultGateway is the first of the subnet, or of the range", () => {
    deepEqual(
      [defaultGateway("172.18.0.0/16"), defaultGateway("10.91.0.0/16", "10.91.5.0/24"), defaultGateway("fd91::/64")],
      ["172.18.0.1", "10.91.5.0", "fd91::1"],
    );
  });
});

describe("chooseSubnet", () => {
  const choose = (...used: string[]): string => chooseSubnet(DEFAULT_POOLS, used).subnet;

  it("takes the first pool that overlaps nothing", () => {
    deepEqual(chooseSubnet(DEFAULT_POOLS, []), { subnet: "172.17.0.0/16", gateway: "172.17.0.1" });
    equal(choose("172.17.5.0/24"), "172.18.0.0/16");
    equal(choose("172.16.0.0/12"), "192.168.0.0/20");
    equal(choose("172.16.0.0/12", "192.168.1.0/24", "fd00::/8"), "192.168.16.0/20");
  });

  it("says that none is left", () => {
    throws(() => choose("172.16.0.0/12", "192.168.0.0/16"), {
      kind: "Unavailable",
      message: "all predefined address pools have been fully subnetted",
    });
  });

  it("pools of the configuration", () => {
    const pools = [{ base: "10.10.0.0/16", size: 24 }];
    equal(chooseSubnet(pools, ["10.10.0.0/23"]).subnet, "10.10.2.0/24");
  });

  it("IPv6 from the pools of the configuration alone", () => {
    const pools = [{ base: "fd00:1::/48", size: 64 }];
    equal(chooseIpv6Subnet(DEFAULT_POOLS, []), undefined);
    deepEqual(chooseIpv6Subnet(pools, ["10.0.0.0/8"]), { subnet: "fd00:1::/64", gateway: "fd00:1::1" });
    equal(chooseIpv6Subnet(pools, ["fd00:1::/63"])?.subnet, "fd00:1:0:2::/64");
    throws(() => chooseIpv6Subnet(pools, ["fd00::/16"]), { kind: "Unavailable" });
    equal(chooseSubnet(pools, []).subnet, "172.17.0.0/16", "IPv4 has Docker's own then");
  });
});

describe("macFor", () => {
  it("is 02:42 and the address", () => equal(macFor("172.17.0.2"), "02:42:ac:11:00:02"));
});
