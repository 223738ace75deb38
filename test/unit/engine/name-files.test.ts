import { deepEqual, equal, match } from "node:assert/strict";
import { hostname as machineName } from "node:os";
import {
  changeOwnHosts,
  hostsFile,
  resolvFile,
  splitExtraHost,
} from "../../../daemon/engine/containers/spec/name-files.ts";

describe("hostsFile", () => {
  it("names the container by its addresses, after those that were added", () => {
    const text = hostsFile({
      hostname: "web",
      domainname: "example.org",
      addresses: ["172.17.0.2"],
      extraHosts: ["db:10.0.0.1", "six=::2", "host.docker.internal:host-gateway"],
      hostGateway: "172.17.0.1",
    });
    match(text, /^127\.0\.0\.1\tlocalhost\n::1\tlocalhost ip6-localhost/);
    deepEqual(text.trimEnd().split("\n").slice(-4), [
      "10.0.0.1\tdb",
      "::2\tsix",
      "172.17.0.1\thost.docker.internal",
      "172.17.0.2\tweb.example.org web",
    ]);
  });

  it("is the machine's own on its network, with what was added", () => {
    const input = {
      hostname: machineName(),
      domainname: "",
      addresses: [],
      extraHosts: ["a:1.2.3.4"],
      hostGateway: "",
    };
    equal(hostsFile({ ...input, base: "9.9.9.9 x\n" }), "9.9.9.9 x\n1.2.3.4\ta\n");
  });

  it("changeOwnHosts changes its own lines and no others", () => {
    const own = { hostname: "web", domainname: "" };
    const text = "# mine\n10.0.0.1\tweb\n10.0.0.1\tweb extra\n10.0.0.3\tdb";
    const change = (before: readonly string[], after: readonly string[]): string =>
      changeOwnHosts(text, { ...own, before, after });
    equal(change(["10.0.0.1"], ["10.0.0.1"]), text);
    equal(change(["10.0.0.1"], []), "# mine\n10.0.0.1\tweb extra\n10.0.0.3\tdb\n");
    equal(change(["10.0.0.1"], ["10.0.0.1", "fd00::2"]), `${text}\nfd00::2\tweb\n`);
  });

  it("splitExtraHost takes brackets off an IPv6 address", () => {
    deepEqual(splitExtraHost("h:[::1]"), { name: "h", address: "::1" });
  });
});

describe("resolvFile", () => {
  const none = { dns: [], search: [], options: [], hostNetwork: false };
  const cases: readonly (readonly [title: string, input: Partial<Parameters<typeof resolvFile>[0]>, text: string])[] = [
    [
      "the machine's servers",
      { machine: "# x\nnameserver 1.1.1.1\nsearch a b\noptions ndots:2\n" },
      "nameserver 1.1.1.1\nsearch a b\noptions ndots:2\n",
    ],
    ["none on loopback", { machine: "nameserver 127.0.0.53\nnameserver 9.9.9.9\n" }, "nameserver 9.9.9.9\n"],
    [
      "public ones where only loopback is left",
      { machine: "nameserver 127.0.0.53\n" },
      "nameserver 8.8.8.8\nnameserver 8.8.4.4\n",
    ],
    [
      "what was asked for",
      { machine: "nameserver 9.9.9.9\nsearch a\n", dns: ["1.2.3.4"], search: ["b"], options: ["x"] },
      "nameserver 1.2.3.4\nsearch b\noptions x\n",
    ],
    [
      "no search domain for a dot",
      { machine: "nameserver 9.9.9.9\nsearch a\n", search: ["."] },
      "nameserver 9.9.9.9\n",
    ],
    [
      "the server in the sandbox, which asks those of the machine",
      { machine: "nameserver 127.0.0.53\nsearch a\noptions edns0\n", embedded: true, dns: ["1.2.3.4"] },
      "nameserver 127.0.0.11\nsearch a\noptions edns0 ndots:0\n",
    ],
    [
      "the server in the sandbox, with dots that were asked for",
      { options: ["ndots:3"], embedded: true },
      "nameserver 127.0.0.11\noptions ndots:3\n",
    ],
    [
      "the machine's own text on its network",
      { machine: "nameserver 127.0.0.53 # own\n", hostNetwork: true },
      "nameserver 127.0.0.53 # own\n",
    ],
  ];
  for (const [title, input, text] of cases)
    it(title, () => equal(resolvFile({ ...none, machine: "", ...input }), text));
});
