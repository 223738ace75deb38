import assert from "node:assert/strict";
import { EngineError } from "../../../daemon/base/errors.ts";
import type { Route } from "../../../daemon/api/http/route.ts";
import { api, openApi } from "../../support/http.ts";
import { FakeApi, route } from "./fake-api.ts";

const routes: readonly Route[] = [
  route("GET", "/version", (request, response) => response.json(200, { version: request.apiVersion })),
  route("GET", "/images/:name/json", ({ params }, response) => response.json(200, { json: params["name"] })),
  route("DELETE", "/images/:name", ({ params }, response) => response.json(200, { removed: params["name"] })),
  route("GET", "/images/json", (_, response) => response.json(200, [])),
  route("POST", "/fail/:kind", async ({ params }) => {
    throw new EngineError(params["kind"] as EngineError["kind"], `it is ${params["kind"]}`);
  }),
  route("POST", "/bug", () => Promise.reject(new TypeError("x is undefined"))),
  route("POST", "/late", async (_, response) => {
    await response.start(200, { "Content-Type": "application/json" }).write('{"status":"one"}\n');
    throw new Error("too late");
  }),
];

describe("HTTP core", () => {
  let server: FakeApi;
  before(async () => void (server = await FakeApi.start(routes)));
  after(() => server[Symbol.asyncDispose]());

  const targets: readonly (readonly [method: string, path: string, status: number, body: unknown])[] = [
    ["GET", "/version", 200, { version: "1.51" }],
    ["GET", "/v1.24/version", 200, { version: "1.24" }],
    ["GET", "//v1.51//version", 200, { version: "1.51" }],
    ["GET", "http://docker/v1.41/version?x=1", 200, { version: "1.41" }],
    [
      "GET",
      "/v1.52/version",
      400,
      { message: "client version 1.52 is too new. Maximum supported API version is 1.51" },
    ],
    [
      "GET",
      "/v1.23/version",
      400,
      {
        message:
          "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version",
      },
    ],
    ["GET", "/v1/version", 404, { message: "page not found" }],
    ["GET", "/nothing", 404, { message: "page not found" }],
    ["POST", "/version", 404, { message: "page not found" }],
    ["GET", "/images/json", 200, []],
    ["GET", "/images/json/json", 200, { json: "json" }],
    ["GET", "/images/reg:5000/a/b:tag/json", 200, { json: "reg:5000/a/b:tag" }],
    ["GET", "/v1.30/images/a%2Fb%3Ac%40sha256:1/json", 200, { json: "a/b:c@sha256:1" }],
    ["GET", "/images/a%252Fb/json", 200, { json: "a%2Fb" }],
    ["DELETE", "/images/a/b/json", 200, { removed: "a/b/json" }],
    ["GET", "/images/%zz/json", 404, { message: "page not found" }],
  ];
  for (const [method, path, status, body] of targets) {
    it(`${method} ${path} answers ${status}`, async () => {
      const answer = await api(server.socketPath, method, path);
      assert.deepEqual([answer.status, JSON.parse(answer.text)], [status, body]);
      assert.equal(answer.headers["api-version"], "1.51");
    });
  }

  it("OPTIONS answers 200 with no body", async () => {
    const { status, text } = await api(server.socketPath, "OPTIONS", "/v1.51/containers/json");
    assert.deepEqual([status, text], [200, ""]);
  });

  const kinds: readonly (readonly [EngineError["kind"], number])[] = [
    ["InvalidParameter", 400],
    ["Unauthorized", 401],
    ["Forbidden", 403],
    ["NotFound", 404],
    ["Conflict", 409],
    ["NotImplemented", 501],
    ["Unavailable", 503],
    ["Internal", 500],
    ["DataLoss", 500],
    ["Canceled", 500],
  ];
  for (const [kind, status] of kinds) {
    it(`an error of kind ${kind} answers ${status} with its message`, async () => {
      const answer = await api(server.socketPath, "POST", `/fail/${kind}`);
      assert.deepEqual([answer.status, answer.text], [status, `{"message":"it is ${kind}"}\n`]);
    });
  }

  it("NotModified answers 304 without a body", async () => {
    const { status, text, headers } = await api(server.socketPath, "POST", "/fail/NotModified");
    assert.deepEqual([status, text, headers["content-type"]], [304, "", undefined]);
  });

  it("an unknown error answers 500 and is logged with its stack", async () => {
    const { status } = await api(server.socketPath, "POST", "/bug");
    assert.equal(status, 500);
    const line = server.lines.find((each) => each.includes("x is undefined"));
    assert.match(line ?? "", /"level":"info".*"path":"\/bug","status":500.*TypeError: x is undefined\\n/);
  });

  it("an error after the head cuts the answer", async () => {
    const response = await openApi(server.socketPath, "POST", "/late");
    assert.equal(response.statusCode, 200);
    await assert.rejects(response.toArray(), /aborted/);
  });
});
