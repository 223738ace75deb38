/** What registries answer, and what does not behave like one: a sentence for the user each, and no wait without an end. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { RegistryClient } from "../../../extension/session/registry-client.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

describe("RegistryClient", () => {
  let server: Server;
  let address: string;
  let answer: Answer;
  const asked: string[] = [];

  beforeEach(async () => {
    asked.length = 0;
    server = createServer((request, response) => {
      asked.push(`${request.headers.authorization ?? ""} ${request.url}`.trim());
      answer(request, response);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const json =
    (body: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): Answer =>
    (_, response) =>
      response.writeHead(status, headers).end(JSON.stringify(body));

  it("lists over several pages, and follows no link that leads elsewhere", async () => {
    answer = (request, response) => {
      const first = request.url === "/v2/_catalog?n=500";
      const link = first ? "</v2/_catalog?n=500&last=b>; rel=next" : "<http://198.51.100.1/steal>; rel=next";
      json({ repositories: first ? ["a", "b"] : ["c", 7] }, { link })(request, response);
    };
    deepEqual(await new RegistryClient(address).repositories(), ["a", "b", "c"]);
    equal(asked.length, 2);
  });

  it("a repository without tags has none", async () => {
    answer = json({ name: "a", tags: null });
    deepEqual(await new RegistryClient(address).tags("a"), []);
  });

  it("gets a token with its credentials, once", async () => {
    answer = (request, response) => {
      if (request.url?.startsWith("/token")) return json({ token: "T" })(request, response);
      const realm = `Bearer realm="http://${address}/token",service="s",scope="x"`;
      if (request.headers.authorization !== "Bearer T")
        return json({}, { "www-authenticate": realm }, 401)(request, response);
      return json({ tags: ["1"] })(request, response);
    };
    const client = new RegistryClient(address, { username: "u", password: "p" });
    deepEqual([await client.tags("a"), await client.tags("a")], [["1"], ["1"]]);
    deepEqual(asked, [
      "/v2/a/tags/list?n=500",
      "Basic dTpw /token?service=s&scope=x",
      "Bearer T /v2/a/tags/list?n=500",
      "Bearer T /v2/a/tags/list?n=500",
    ]);
  });

  const FAILURES: readonly (readonly [title: string, answer: Answer, message: RegExp])[] = [
    ["too many requests", json({}, { "retry-after": "30" }, 429), /gets too many requests; try again in 30 s$/],
    ["too many, without a time", json({}, {}, 429), /gets too many requests$/],
    ["no credentials", json({}, { "www-authenticate": "Basic realm=x" }, 401), /wants credentials$/],
    [
      "a challenge without a realm",
      json({}, { "www-authenticate": "Bearer x=y" }, 401),
      /is no registry: .*without a realm$/,
    ],
    ["a page for people", (_, response) => response.end("<html>hello"), /is no registry: it answered with no JSON$/],
    [
      "JSON that is no list",
      json({ repositories: "many" }),
      /is no registry: it answered with no list of repositories$/,
    ],
    ["null", json(null), /is no registry: it answered with no list of repositories$/],
    [
      "an error with words",
      json({ errors: [{ code: "UNSUPPORTED", message: "not here" }] }, {}, 404),
      /answered with 404: not here$/,
    ],
    ["an error without", (_, response) => response.writeHead(503).end("<html>"), /answered with 503$/],
    ["nothing", () => undefined, /cannot be reached: it did not answer$/],
    ["half an answer", (_, response) => response.write('{"repositories":'), /cannot be reached: it did not answer$/],
    ["an end", (_, response) => response.destroy(), /cannot be reached/],
    ["more than anyone wants", (_, response) => forever(response), /is no registry: it answered with too much$/],
  ];
  for (const [title, how, message] of FAILURES)
    it(`says what is wrong with ${title}`, async () => {
      answer = how;
      await rejects(new RegistryClient(address, undefined, 1000).repositories(), { name: "RegistryFailure", message });
    });

  it("names whose credentials are refused", async () => {
    answer = json({}, { "www-authenticate": "Basic realm=x" }, 401);
    const client = new RegistryClient(address, { username: "u", password: "p" });
    await rejects(client.check(), { message: `${address} refuses the credentials of u` });
    deepEqual(asked, ["/v2/", "Basic dTpw /v2/"]);
  });
});

function forever(response: ServerResponse): void {
  const chunk = "x".repeat(1 << 20);
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", write);
  write();
}
