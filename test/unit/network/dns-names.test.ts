/** What a sandbox is answered, without a socket: dns-packet reads what we write. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { decode, encode, type DecodedPacket, type Packet, type RecordType } from "dns-packet";
import { addressOfPointer } from "../../../daemon/network/dns/lookup.ts";
import { Resolver, type ResolverView } from "../../../daemon/network/dns/resolver.ts";
import { Zone } from "../../../daemon/network/dns/zone.ts";

const NO_LINKS = new Map<string, string>();

function zone(members: Readonly<Record<string, readonly [names: string, ipv4: string, ipv6?: string]>>): Zone {
  const made = new Zone();
  for (const [key, [names, ipv4, ipv6 = ""]] of Object.entries(members))
    made.put(key, { names: names.split(" "), ipv4, ipv6 });
  return made;
}

function resolver(view: Partial<ResolverView>, version = () => 0): Resolver {
  const all = { memberships: [], upstreams: () => [], keepsPlainNames: false, ...view };
  return new Resolver(all, { version, slots: { free: 1 }, signal: new AbortController().signal });
}

interface Asked {
  readonly type?: RecordType;
  readonly transport?: "udp" | "tcp";
  readonly more?: Partial<Packet>;
}

async function answerOf(from: Resolver, name: string, { type = "A", transport = "udp", more }: Asked = {}) {
  const query = encode({ type: "query", id: 7, flags: 0x100, questions: [{ type, class: "IN", name }], ...more });
  const answer = await from.answer(query, query.length, transport);
  ok(answer !== undefined, "an answer");
  return { size: answer.length, ...read(answer) };
}

/** The library says the code in words; its types do not know. */
function read(message: Buffer): DecodedPacket & { readonly rcode: string } {
  return decode(message) as DecodedPacket & { readonly rcode: string };
}

const dataOf = ({ answers = [] }: DecodedPacket): readonly unknown[] =>
  answers.map((each) => ("data" in each ? each.data : undefined));
async function data(from: Resolver, name: string, type: RecordType = "A"): Promise<readonly unknown[] | string> {
  const answer = await answerOf(from, name, { type });
  return answer.rcode === "NOERROR" ? dataOf(answer) : answer.rcode;
}

describe("names of a sandbox", () => {
  const net1 = zone({
    a: ["w1 web f0a81365af06", "10.91.5.1", "fd91::1"],
    b: ["w2 web", "10.91.5.2"],
    c: ["only6", "", "fd91::3"],
    d: ["dotted.name", "10.91.5.4"],
  });
  const net2 = zone({ x: ["other w1", "10.92.0.1"], y: ["net1", "10.92.0.2"] });
  const first = { network: "net1", zone: net1, links: new Map([["db", "w2"]]) };
  const second = { network: "my.net", zone: net2, links: NO_LINKS };
  const both = resolver({ memberships: [first, second] });

  const cases: readonly (readonly [name: string, type: RecordType, expected: readonly string[] | string])[] = [
    ["w1", "A", ["10.91.5.1"]],
    ["w1", "AAAA", ["fd91::1"]],
    ["W1.", "A", ["10.91.5.1"]],
    ["f0a81365af06", "A", ["10.91.5.1"]],
    ["w2", "AAAA", []],
    ["only6", "A", []],
    ["w1", "ANY" as RecordType, ["10.91.5.1", "fd91::1"]],
    ["w1", "MX", []],
    ["w1", "TXT", []],
    ["w1.net1", "A", ["10.91.5.1"]],
    ["w1.My.Net", "A", ["10.92.0.1"]],
    ["dotted.name", "A", ["10.91.5.4"]],
    ["dotted.name.net1", "A", ["10.91.5.4"]],
    ["db", "A", ["10.91.5.2"]],
    ["db.net1", "A", ["10.91.5.2"]],
    ["db.my.net", "A", "SERVFAIL"],
    ["w2.my.net", "A", "SERVFAIL"],
    ["nobody", "A", "SERVFAIL"],
    ["1.5.91.10.in-addr.arpa", "PTR", ["w1.net1"]],
    ["1.0.92.10.in-addr.arpa", "PTR", ["other.my.net"]],
    ["9.5.91.10.in-addr.arpa", "PTR", "SERVFAIL"],
    [`1${".0".repeat(27)}.1.9.d.f.ip6.arpa`, "PTR", ["w1.net1"]],
    ["x.in-addr.arpa", "PTR", "SERVFAIL"],
  ];
  for (const [name, type, expected] of cases)
    it(`${name} ${type} → ${String(expected)}`, async () => deepEqual(await data(both, name, type), expected));

  it("gives several in rotation, each of them first", async () => {
    const seen = [await data(both, "web"), await data(both, "web"), await data(both, "web")];
    deepEqual(seen, [
      ["10.91.5.1", "10.91.5.2"],
      ["10.91.5.2", "10.91.5.1"],
      ["10.91.5.1", "10.91.5.2"],
    ]);
  });

  it("keeps names of other networks to those who are on them", async () => {
    equal(await data(resolver({ memberships: [second] }), "w2"), "SERVFAIL");
    equal(await data(resolver({ memberships: [second] }), "1.5.91.10.in-addr.arpa", "PTR"), "SERVFAIL");
  });

  it("a plain name that nobody has is not asked for outside where search domains come first", async () => {
    const keeps = resolver({ memberships: [first], keepsPlainNames: true });
    deepEqual([await data(keeps, "nobody"), await data(keeps, "nobody.example")], [[], "SERVFAIL"]);
  });

  it("follows every change at once", async () => {
    let version = 0;
    const changing = zone({ a: ["old", "10.0.0.1"] });
    const from = resolver({ memberships: [{ network: "n", zone: changing, links: NO_LINKS }] }, () => version);
    deepEqual(await data(from, "old"), ["10.0.0.1"]);
    changing.put("a", { names: ["new"], ipv4: "10.0.0.1", ipv6: "" });
    version++;
    deepEqual([await data(from, "old"), await data(from, "new")], ["SERVFAIL", ["10.0.0.1"]]);
    changing.delete("a");
    changing.delete("a");
    version++;
    deepEqual([await data(from, "new"), changing.size], ["SERVFAIL", 0]);
  });

  it("an address that another has taken over stays known when the first one goes", () => {
    const shared = zone({ a: ["first", "10.0.0.1"], b: ["second", "10.0.0.1"] });
    shared.delete("a");
    equal(shared.nameOf("10.0.0.1"), "second");
  });
});

describe("answers as messages", () => {
  const many = zone(
    Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`m${n}`, ["service", `10.0.1.${n + 1}`] as const])),
  );
  const from = resolver({ memberships: [{ network: "n", zone: many, links: NO_LINKS }] });
  const edns = (udpPayloadSize: number, ednsVersion = 0): Partial<Packet> => ({
    additionals: [
      { type: "OPT", name: ".", udpPayloadSize, extendedRcode: 0, ednsVersion, flags: 0, flag_do: false, options: [] },
    ],
  });

  it("have the question's id, name and case, and say that recursion is there", async () => {
    const { id, questions, flag_qr, flag_rd, flag_ra, flag_tc } = await answerOf(from, "SerVice", { transport: "tcp" });
    deepEqual(
      { id, questions, flag_qr, flag_rd, flag_ra, flag_tc },
      {
        id: 7,
        questions: [{ name: "SerVice", type: "A", class: "IN" }],
        flag_qr: true,
        flag_rd: true,
        flag_ra: true,
        flag_tc: false,
      },
    );
  });

  it("are cut to what the client can take, and say so", async () => {
    const sizes = [
      await answerOf(from, "service"),
      await answerOf(from, "service", { more: edns(100) }),
      await answerOf(from, "service", { more: edns(1232) }),
      await answerOf(from, "service", { more: edns(4096) }),
      await answerOf(from, "service", { transport: "tcp" }),
    ].map(({ size, flag_tc, answers = [] }) => [size <= 512, flag_tc, answers.length]);
    deepEqual(sizes, [
      [true, true, 30],
      [true, true, 29],
      [false, true, 74],
      [false, false, 100],
      [false, false, 100],
    ]);
  });

  it("speak EDNS to who speaks it, and know version 0 alone", async () => {
    const option = async (more?: Partial<Packet>): Promise<unknown> =>
      (await answerOf(from, "service", { more })).additionals?.map((each) => each.type === "OPT" && each.extendedRcode);
    deepEqual([await option(), await option(edns(4096)), await option(edns(4096, 1))], [[], [0], [1]]);
  });
});

describe("addressOfPointer", () => {
  for (const name of ["1.2.3.in-addr.arpa", "256.1.1.1.in-addr.arpa", "1.2.3.4.5.in-addr.arpa", "0.ip6.arpa", "x"])
    it(`${name} is of no address`, () => equal(addressOfPointer(name), undefined));
});

describe("hostile messages", () => {
  const from = resolver({
    memberships: [{ network: "n", zone: zone({ a: ["w", "10.0.0.1"] }), links: NO_LINKS }],
  });
  const good = encode({ type: "query", id: 7, flags: 0x100, questions: [{ type: "A", class: "IN", name: "w" }] });
  const changed = (at: number, ...bytes: readonly number[]): Buffer => {
    const message = Buffer.from(good);
    message.set(bytes, at);
    return message;
  };
  const outcome = (message: Buffer): string | undefined => {
    const answer = from.answer(message, message.length, "udp");
    ok(!(answer instanceof Promise));
    return answer && read(answer).rcode;
  };
  const cases: readonly (readonly [title: string, message: Buffer, outcome: string | undefined])[] = [
    ["nothing", Buffer.alloc(0), undefined],
    ["half a header", good.subarray(0, 11), undefined],
    ["an answer", changed(2, 0x81), undefined],
    ["another opcode", changed(2, 0x10), "NOTIMP"],
    ["no question", changed(5, 0), "FORMERR"],
    ["two questions", changed(5, 2), "FORMERR"],
    ["65535 questions", changed(4, 0xff, 0xff), "FORMERR"],
    ["answers in a question", changed(7, 1), "FORMERR"],
    ["additional records that are not there", changed(11, 2), "FORMERR"],
    ["65535 additional records", changed(10, 0xff, 0xff), "FORMERR"],
    ["a name without an end", good.subarray(0, 14), "FORMERR"],
    ["a pointer to itself", changed(12, 0xc0, 12), "FORMERR"],
    ["a name that is too long", Buffer.concat([good.subarray(0, 12), Buffer.alloc(400, 1)]), "FORMERR"],
  ];
  for (const [title, message, expected] of cases) it(title, () => equal(outcome(message), expected));

  it("bytes by chance, and good ones with some changed, never throw", async () => {
    let state = 1;
    const next = (below: number): number => (state = (state * 48271) % 0x7fffffff) % below;
    for (let round = 0; round < 20_000; round++) {
      const message = round % 2 === 0 ? Buffer.from(good) : Buffer.alloc(next(80));
      for (let n = 0; n < (round % 2 === 0 ? 3 : message.length); n++) message[next(message.length || 1)] = next(256);
      const answer = await from.answer(message, message.length, next(2) === 0 ? "udp" : "tcp");
      ok(answer === undefined || answer.length >= 12);
    }
  });
});
