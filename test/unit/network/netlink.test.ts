import { deepEqual, equal } from "node:assert/strict";
import {
  attribute,
  decodeAttributes,
  decodeMessages,
  encodeMessage,
  nested,
  text,
  textOf,
  u16,
  u32,
  u8,
} from "../../../daemon/linux/netlink/message.ts";
import { decodeAddress } from "../../../daemon/linux/netlink/addresses.ts";
import { decodeLink } from "../../../daemon/linux/netlink/links.ts";
import { parseInterfaceCounters } from "../../../daemon/linux/interface-counters.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("netlink messages", () => {
  // Length and type in two bytes each, the value, and zeros up to a multiple of four (netlink(7)).
  const ATTRIBUTES: readonly (readonly [name: string, bytes: Buffer, golden: string])[] = [
    ["u8", u8(33, 1), "0500210001000000"],
    ["u16", u16(1, 0x1234), "0600010034120000"],
    ["u32", u32(4, 1500), "08000400dc050000"],
    ["text with its NUL", text(3, "eth0"), "090003006574683000000000"],
    ["text that needs no padding", text(3, "abc"), "0800030061626300"],
    ["bytes", attribute(1, Uint8Array.of(2, 0x42, 172, 17, 0, 2)), "0a0001000242ac1100020000"],
    ["nested, with its flag", nested(18, [text(1, "veth")]), "1000128009000100766574680000 0000".replaceAll(" ", "")],
  ];
  for (const [name, bytes, golden] of ATTRIBUTES) it(`encodes ${name}`, () => equal(hex(bytes), golden));

  it("encodes a request: length, type, flags, sequence, port 0, body", () => {
    // What `ip link set lo up` sends as its first message after the name was looked up: RTM_NEWLINK, index 1, IFF_UP.
    const header = Buffer.from("00000000010000000100000001000000", "hex");
    equal(
      hex(encodeMessage(16, 5, 7, header, [])),
      "20000000100005000700000000000000" + "00000000010000000100000001000000",
    );
  });

  it("decodes what it encodes, several in a datagram", () => {
    const datagram = Buffer.concat([
      encodeMessage(16, 0, 1, Buffer.alloc(0), [u32(4, 9)]),
      encodeMessage(3, 2, 1, Buffer.alloc(4), []),
    ]);
    deepEqual(
      [...decodeMessages(datagram)].map(({ type, flags, sequence, body }) => [type, flags, sequence, hex(body)]),
      [
        [16, 0, 1, "0800040009000000"],
        [3, 2, 1, "00000000"],
      ],
    );
  });

  it("ends at what is cut short, in messages and attributes", () => {
    const whole = encodeMessage(16, 0, 1, Buffer.alloc(0), [u32(4, 9)]);
    for (let length = 0; length < whole.length; length++) deepEqual([...decodeMessages(whole.subarray(0, length))], []);
    deepEqual([...decodeMessages(Buffer.alloc(64))], [], "a length of 0 would never end");
    deepEqual([...decodeAttributes(Buffer.from("0800040009000000ff000400", "hex"))].length, 1);
    deepEqual([...decodeAttributes(Buffer.alloc(8))], []);
  });

  it("reads a nested attribute by its type without the flag", () => {
    const outer = decodeAttributes(nested(18, [text(1, "bridge")]));
    equal(textOf(decodeAttributes(outer.get(18) ?? Buffer.alloc(0)).get(1)), "bridge");
  });
});

describe("rtnetlink answers", () => {
  const message = (body: Buffer) => ({ type: 16, flags: 0, sequence: 1, body });

  it("decodes a link", () => {
    const header = Buffer.from("0000010005000000430001000000 0000".replaceAll(" ", ""), "hex");
    const attributes = [
      text(3, "sl12ab-01234567"),
      u32(4, 1450),
      u32(10, 3),
      attribute(1, Uint8Array.of(2, 0x42, 172, 17, 0, 2)),
      nested(18, [text(1, "veth")]),
      text(20, "slipway:x"),
    ];
    deepEqual(decodeLink(message(Buffer.concat([header, ...attributes]))), {
      index: 5,
      name: "sl12ab-01234567",
      kind: "veth",
      macAddress: "02:42:ac:11:00:02",
      mtu: 1450,
      up: true,
      master: 3,
      alias: "slipway:x",
    });
  });

  it("decodes addresses: the local one where a link has a peer", () => {
    const header = Buffer.from("0218800002000000", "hex");
    const body = Buffer.concat([
      header,
      attribute(1, Uint8Array.of(10, 0, 0, 9)),
      attribute(2, Uint8Array.of(10, 0, 0, 1)),
    ]);
    deepEqual(
      decodeAddress(message(body)).map(({ address, ...rest }) => ({ address: hex(address), ...rest })),
      [{ address: "0a000001", prefixLength: 24, link: 2 }],
    );
  });
});

describe("parseInterfaceCounters", () => {
  it("reads /proc/PID/net/dev, without lo", () => {
    const table = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0: 18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
`;
    deepEqual(Object.keys(parseInterfaceCounters(table)), ["eth0"]);
    deepEqual(parseInterfaceCounters(table)["eth0"], {
      rxBytes: 18446744073709551615,
      rxPackets: 2,
      rxErrors: 3,
      rxDropped: 4,
      txBytes: 9,
      txPackets: 10,
      txErrors: 11,
      txDropped: 12,
    });
    deepEqual(parseInterfaceCounters(""), {});
  });
});
