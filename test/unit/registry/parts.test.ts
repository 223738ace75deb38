import assert from "node:assert/strict";
import { parseChallenges } from "../../../daemon/registry/challenge.ts";
import { resolveLocation } from "../../../daemon/registry/exchange.ts";
import { endpointsOf, isInsecure } from "../../../daemon/registry/hosts.ts";
import { refusal } from "../../../daemon/registry/registry-error.ts";

describe("parseChallenges", () => {
  const table: readonly (readonly [string, ReturnType<typeof parseChallenges>])[] = [
    ["", []],
    ['Basic realm="a b"', [{ scheme: "basic", parameters: { realm: "a b" } }]],
    ["Negotiate", [{ scheme: "negotiate", parameters: {} }]],
    [
      'Bearer realm="https://t/x?a=1,2", service=s , scope="repository:a:pull,push" , Basic realm="q\\"q"',
      [
        { scheme: "bearer", parameters: { realm: "https://t/x?a=1,2", service: "s", scope: "repository:a:pull,push" } },
        { scheme: "basic", parameters: { realm: 'q"q' } },
      ],
    ],
    ['realm="nobody"', []],
    ['Bearer realm="open', [{ scheme: "bearer", parameters: {} }]],
  ];
  for (const [header, expected] of table)
    it(`reads ${JSON.stringify(header)}`, () => assert.deepStrictEqual(parseChallenges(header), expected));

  it("takes no time over nonsense", () => {
    const before = process.cpuUsage();
    parseChallenges(`Bearer ${'a="\\'.repeat(4000)}`);
    parseChallenges(`${" ".repeat(16_000)}"`);
    const { user } = process.cpuUsage(before);
    assert.ok(user < 500_000, `${user} µs`);
  });
});

describe("isInsecure", () => {
  const table: readonly (readonly [string, readonly string[], boolean])[] = [
    ["localhost", [], true],
    ["localhost:5000", [], true],
    ["127.0.0.1:5000", [], true],
    ["127.8.9.1", [], true],
    ["[::1]:5000", [], true],
    ["registry.example", [], false],
    ["localhost.example:80", [], false],
    ["10.1.2.3:5000", ["10.0.0.0/8"], true],
    ["11.1.2.3:5000", ["10.0.0.0/8"], false],
    ["registry.example:5000", ["registry.example:5000"], true],
    ["registry.example:5001", ["registry.example:5000"], false],
    ["registry.example:5001", ["registry.example"], true],
  ];
  for (const [host, list, expected] of table) {
    it(`says ${expected} of ${host} with [${list.join()}]`, () => assert.equal(isInsecure(host, list), expected));
  }
});

describe("endpointsOf", () => {
  const hrefs = (domain: string, mirrors: string[] = []): string[] =>
    endpointsOf(domain, { insecureRegistries: [], mirrors }).map(({ base }) => base.href);
  it("goes to Docker Hub's API by way of its mirrors", () =>
    assert.deepStrictEqual(hrefs("docker.io", ["https://m/x"]), ["https://m/x/", "https://registry-1.docker.io/"]));
  it("asks no mirror for another registry", () =>
    assert.deepStrictEqual(hrefs("r.example", ["https://m"]), ["https://r.example/"]));
  it("tries http on the machine itself after https", () =>
    assert.deepStrictEqual(hrefs("localhost:5000"), ["https://localhost:5000/", "http://localhost:5000/"]));
  it("refuses a mirror with credentials in its URL", () =>
    assert.throws(() => hrefs("docker.io", ["https://u:p@m/"]), /invalid mirror/));
});

describe("resolveLocation", () => {
  const base = new URL("https://r/v2/a/blobs/x");
  it("takes a relative one", () => assert.equal(resolveLocation("/y?z", base, false).href, "https://r/y?z"));
  for (const bad of ["http://r/y", "file:///etc/passwd", "http://[", "ftp://r/"]) {
    it(`refuses ${bad}`, () => assert.throws(() => resolveLocation(bad, base, false), /not allowed/));
  }
});

describe("refusal", () => {
  const body = (code: string, message?: string): string => JSON.stringify({ errors: [{ code, message }] });
  const table: readonly (readonly [number, string, string, string])[] = [
    [404, body("MANIFEST_UNKNOWN", "manifest unknown"), "NotFound", "manifest unknown: manifest unknown"],
    [401, "<html>", "Unauthorized", "unauthorized: authentication required"],
    [403, "null", "Forbidden", "denied: requested access to the resource is denied"],
    [500, "", "Unavailable", "received unexpected HTTP status: 500 from x"],
    [400, body("DIGEST_INVALID"), "InvalidParameter", "digest invalid: digest invalid"],
  ];
  for (const [status, text, kind, message] of table) {
    it(`says ${message}`, () => {
      const error = refusal(status, text, "x");
      assert.deepStrictEqual([error.kind, error.message], [kind, message]);
    });
  }
});
