/** Docker Hub, as far as its API can be imitated: the account's repositories over pages, with a token. */
import { deepEqual, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { hubRepositories } from "../../../extension/session/hub-repositories.ts";

const LOGIN = { username: "me", password: "secret" };

describe("hubRepositories", () => {
  let server: Server;
  let hub: string;
  let pages: Readonly<Record<string, unknown>>;
  const asked: string[] = [];

  beforeEach(async () => {
    asked.length = 0;
    server = createServer((request, response) => {
      void text(request).then((body) => {
        asked.push([request.headers.authorization, request.method, request.url, body].filter(Boolean).join(" "));
        const answer = pages[request.url ?? ""];
        response.writeHead(answer === undefined ? 401 : 200).end(JSON.stringify(answer ?? {}));
      });
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    hub = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => server.close());

  it("lists those of the account over several pages, and takes its token nowhere else", async () => {
    const first = "/v2/namespaces/me/repositories?page_size=100";
    pages = {
      "/v2/users/login": { token: "T" },
      [first]: { results: [{ namespace: "me", name: "a" }, { name: 7 }], next: `${hub}${first}&page=2` },
      [`${first}&page=2`]: { results: [{ name: "b" }], next: "http://198.51.100.1/steal" },
    };
    deepEqual(await hubRepositories(LOGIN, hub), ["me/a", "me/b"]);
    deepEqual(asked, [
      'POST /v2/users/login {"username":"me","password":"secret"}',
      `Bearer T GET ${first}`,
      `Bearer T GET ${first}&page=2`,
    ]);
  });

  it("says who was refused, what was no list, and that nobody's repositories cannot be listed", async () => {
    pages = {};
    await rejects(hubRepositories(LOGIN, hub), { message: "Docker Hub refuses the credentials of me" });
    pages = { "/v2/users/login": { token: "T" }, "/v2/namespaces/me/repositories?page_size=100": {} };
    await rejects(hubRepositories(LOGIN, hub), {
      message: "Docker Hub is no registry: it answered with no list of repositories",
    });
    await rejects(hubRepositories(undefined, hub), { message: /lists repositories of an account alone/ });
  });
});
