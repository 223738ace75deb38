import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { digestOf } from "../../../daemon/base/digest.ts";
import { EngineError } from "../../../daemon/base/errors.ts";
import { Registries } from "../../../daemon/registry/registries.ts";
import { fakeRegistry, type Interceptor, refuse } from "./fake-registry.ts";

const never = new AbortController().signal;
const BLOB = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
const OCI = "application/vnd.oci.image.manifest.v1+json";

async function read(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Lets `interceptor` answer the first `count` requests whose path matches. */
function first(count: number, path: RegExp, interceptor: Interceptor): Interceptor {
  let left = count;
  return (request, response) => path.test(request.url ?? "") && left-- > 0 && interceptor(request, response);
}

const rejectsWith = async (promise: Promise<unknown>, kind: EngineError["kind"], message: RegExp): Promise<void> =>
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof EngineError, String(error));
    assert.match(error.message, message);
    assert.equal(error.kind, kind);
    return true;
  });

describe("RegistryClient.blob", () => {
  it("goes on with a Range request where a body was cut", async () => {
    await using registry = await fakeRegistry();
    await using registries = new Registries({ retryDelayMs: 1 });
    const info = registry.addBlob(BLOB);
    const ranges: (string | undefined)[] = [];
    registry.intercept = first(2, /blobs/, (request, response) => {
      ranges.push(request.headers.range);
      const from = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
      response.writeHead(from > 0 ? 206 : 200, {
        "content-length": BLOB.length - from,
        ...(from > 0 ? { "content-range": `bytes ${from}-${BLOB.length - 1}/${BLOB.length}` } : {}),
      });
      response.write(BLOB.subarray(from, from + 50_000), () => response.destroy());
      return true;
    });
    const { client } = registries.open(registry.host);
    assert.ok((await read(client.blob("a/b", info, 0, never))).equals(BLOB));
    assert.equal(ranges[0], undefined);
    assert.match(ranges[1] ?? "", /^bytes=\d+-$/);
  });

  it("takes from a server without ranges only what is missing", async () => {
    await using registry = await fakeRegistry();
    await using registries = new Registries({ retryDelayMs: 1 });
    const info = registry.addBlob(BLOB);
    registry.intercept = (request, response) => {
      if (!/blobs/.test(request.url ?? "")) return false;
      response.end(BLOB);
      return true;
    };
    const { client } = registries.open(registry.host);
    assert.ok((await read(client.blob("a", info, 123_456, never))).equals(BLOB.subarray(123_456)));
  });

  it("gives up after attempts that bring nothing", async () => {
    await using registry = await fakeRegistry();
    await using registries = new Registries({ retryDelayMs: 1 });
    registry.intercept = (request, response) => /blobs/.test(request.url ?? "") && (response.destroy(), true);
    const { client } = registries.open(registry.host);
    await rejectsWith(read(client.blob("a", registry.addBlob("x"), 0, never)), "Unavailable", /EOF/);
  });

  const wrong: readonly (readonly [string, Interceptor, EngineError["kind"], RegExp])[] = [
    [
      "more bytes than the descriptor says",
      (_request, response) => (response.end("xxxx"), true),
      "DataLoss",
      /larger than its descriptor/,
    ],
    [
      "a range that begins elsewhere",
      (_request, response) => (response.writeHead(206, { "content-range": "bytes 0-2/3" }).end("xxx"), true),
      "Unavailable",
      /asked from byte 1/,
    ],
  ];
  for (const [name, interceptor, kind, message] of wrong) {
    it(`refuses ${name}`, async () => {
      await using registry = await fakeRegistry();
      await using registries = new Registries({ retryDelayMs: 1 });
      const info = registry.addBlob("xxx");
      registry.intercept = (request, response) => /blobs/.test(request.url ?? "") && interceptor(request, response);
      await rejectsWith(read(registries.open(registry.host).client.blob("a", info, 1, never)), kind, message);
    });
  }

  it("follows a redirect to another host without the credentials", async () => {
    await using registry = await fakeRegistry();
    await using storage = await fakeRegistry();
    await using registries = new Registries({ retryDelayMs: 1 });
    const info = registry.addBlob(BLOB);
    storage.intercept = (_request, response) => (response.end(BLOB), true);
    registry.intercept = (request, response) => {
      if (request.headers.authorization === undefined) {
        refuse(response, 401, "UNAUTHORIZED", "authentication required", { "www-authenticate": 'Basic realm="r"' });
      } else response.writeHead(307, { location: `http://${storage.host}/data?sig=1` }).end();
      return true;
    };
    const { client } = registries.open(registry.host, { username: "u", password: "p" });
    assert.ok((await read(client.blob("a", info, 0, never))).equals(BLOB));
    assert.deepStrictEqual(storage.seen, ["GET /data?sig=1"]);
  });

  it("ends when the signal aborts in the middle of a body", async () => {
    await using registry = await fakeRegistry();
    await using registries = new Registries({ retryDelayMs: 1 });
    const info = registry.addBlob(BLOB);
    registry.intercept = (request, response) => {
      if (!/blobs/.test(request.url ?? "")) return false;
      response.writeHead(200, { "content-length": BLOB.length }).write("x");
      return true;
    };
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of registries.open(registry.host).client.blob("a", info, 0, controller.signal))
        controller.abort();
    })();
    await assert.rejects(reading, { name: "AbortError" });
  });
});

describe("RegistryClient.manifest", () => {
  it("asks again after 429, 500 and a dropped connection", async () => {
    await using registry = await fakeRegistry();
    await using registries = new Registries({ retryDelayMs: 1 });
    const digest = registry.addManifest("a", "1", OCI, { schemaVersion: 2 });
    const failures: Interceptor[] = [
      (_request, response) => (refuse(response, 429, "TOOMANYREQUESTS", "slow down", { "retry-after": "0" }), true),
      (_request, response) => (response.writeHead(500).end(), true),
      (_request, response) => (response.destroy(), true),
    ];
    registry.intercept = first(3, /manifests/, (request, response) => failures.shift()?.(request, response) ?? false);
    const found = await registries.open(registry.host).client.manifest("a", "1", never);
    assert.deepStrictEqual(
      { digest: found.digest, mediaType: found.mediaType, left: failures.length },
      { digest, mediaType: OCI, left: 0 },
    );
  });

  it("does not wait for a server that wants an hour", async () => {
    await using registry = await fakeRegistry();
    await using registries = new Registries({ retryDelayMs: 1 });
    registry.intercept = first(9, /manifests/, (_request, response) => {
      refuse(response, 429, "TOOMANYREQUESTS", "You have reached your pull rate limit", { "retry-after": "3600" });
      return true;
    });
    await rejectsWith(
      registries.open(registry.host).client.manifest("a", "1", never),
      "Unavailable",
      /^toomanyrequests: You have reached/,
    );
  });

  it("refuses bytes that are not those of the digest", async () => {
    await using registry = await fakeRegistry();
    await using registries = new Registries({ retryDelayMs: 1 });
    const other = digestOf("other");
    registry.manifests.set(`a@${other}`, { type: OCI, bytes: Buffer.from("{}") });
    await rejectsWith(
      registries.open(registry.host).client.manifest("a", other, never),
      "DataLoss",
      /verification failed/,
    );
  });

  it("refuses one that is larger than 4 MiB, whatever its length says", async () => {
    await using registry = await fakeRegistry();
    await using registries = new Registries({ retryDelayMs: 1 });
    registry.intercept = (request, response) => {
      if (!/manifests/.test(request.url ?? "")) return false;
      // Without end: a client that reads it all never returns.
      Readable.from(
        (function* () {
          for (;;) yield Buffer.alloc(65_536, " ");
        })(),
      ).pipe(response);
      return true;
    };
    await rejectsWith(
      registries.open(registry.host).client.manifest("a", "1", never),
      "InvalidParameter",
      /more than 4194304 bytes/,
    );
  });

  const names = ["../../x", "a/../b", "A", "a//b", "a?x=1", "a%2e", ""];
  for (const name of names) {
    it(`sends no request for the name ${JSON.stringify(name)}`, async () => {
      await using registry = await fakeRegistry();
      await using registries = new Registries({ retryDelayMs: 1 });
      await rejectsWith(
        registries.open(registry.host).client.manifest(name, "1", never),
        "InvalidParameter",
        /invalid repository name/,
      );
      assert.deepStrictEqual(
        registry.seen.filter((each) => each.includes("manifests")),
        [],
      );
    });
  }

  it("asks a mirror of docker.io first, without the user's credentials, and falls through", async () => {
    await using mirror = await fakeRegistry();
    mirror.intercept = (_request, response) => (response.writeHead(503).end(), true);
    await using registries = new Registries({
      retryDelayMs: 1,
      mirrors: [`http://${mirror.host}/proxy`],
      httpsProxy: "http://127.0.0.1:1",
    });
    const { client } = registries.open("docker.io", { username: "u", password: "p" });
    await rejectsWith(
      client.manifest("library/x", "1", never),
      "Unavailable",
      /^Get "https:\/\/registry-1\.docker\.io\/v2\/": /,
    );
    assert.deepStrictEqual(mirror.seen, Array(2).fill("GET /proxy/v2/library/x/manifests/1"));
  });

  it("says in Docker's words that nobody listens", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await using registries = new Registries({ retryDelayMs: 1 });
    const host = `127.0.0.1:${port}`;
    const message = new RegExp(`^Get "http://${host}/v2/": dial tcp ${host}: connect: connection refused$`);
    await rejectsWith(registries.open(host).client.manifest("a", "1", never), "Unavailable", message);
  });
});

describe("Authorization", () => {
  interface TokenServer {
    readonly requests: string[];
  }

  /** A registry that wants a bearer token for the scope of the request, and its token server on the same port. */
  async function bearer(answer: (url: URL, body: string) => { status: number; document: unknown }) {
    const registry = await fakeRegistry();
    const tokens: TokenServer = { requests: [] };
    registry.addManifest("a", "1", OCI, { schemaVersion: 2 });
    registry.intercept = (request, response) => {
      const url = new URL(request.url ?? "", `http://${registry.host}`);
      if (url.pathname === "/token") {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          const body = Buffer.concat(chunks).toString();
          tokens.requests.push(`${request.method} ${url.search} ${request.headers.authorization ?? ""} ${body}`);
          const { status, document } = answer(url, body);
          response.writeHead(status).end(JSON.stringify(document));
        });
        return true;
      }
      if (request.headers.authorization === "Bearer good") return false;
      const challenge = `Bearer realm="http://${registry.host}/token",service="s,1",scope="repository:a:pull"`;
      refuse(response, 401, "UNAUTHORIZED", "authentication required", {
        "www-authenticate": `Negotiate, ${challenge}, Basic realm="x"`,
      });
      return true;
    };
    return { registry, tokens };
  }

  it("fetches an anonymous token once a scope", async () => {
    const { registry, tokens } = await bearer(() => ({ status: 200, document: { token: "good", expires_in: 300 } }));
    await using _ = registry;
    await using registries = new Registries({ retryDelayMs: 1 });
    const { client } = registries.open(registry.host);
    await client.manifest("a", "1", never);
    await client.manifest("a", "1", never);
    assert.deepStrictEqual(tokens.requests, ["GET ?service=s%2C1&scope=repository%3Aa%3Apull  "]);
  });

  it("sends name and password to the token server alone", async () => {
    const { registry, tokens } = await bearer(() => ({
      status: 200,
      document: { access_token: "good", refresh_token: "r" },
    }));
    await using _ = registry;
    await using registries = new Registries({ retryDelayMs: 1 });
    const { client, authorization } = registries.open(registry.host, { username: "u", password: "p" });
    await client.manifest("a", "1", never);
    const basic = `Basic ${Buffer.from("u:p").toString("base64")}`;
    const query = "?service=s%2C1&scope=repository%3Aa%3Apull&account=u&client_id=slipway&offline_token=true";
    assert.deepStrictEqual(tokens.requests, [`GET ${query} ${basic} `]);
    assert.deepStrictEqual(
      registry.seen.filter((each) => each.includes("Basic") && !each.includes("/token")),
      [],
    );
    assert.equal(authorization.refreshToken, "r");
  });

  it("posts an identity token", async () => {
    const { registry, tokens } = await bearer(() => ({ status: 200, document: { token: "good" } }));
    await using _ = registry;
    await using registries = new Registries({ retryDelayMs: 1 });
    await registries.open(registry.host, { identityToken: "id" }).client.manifest("a", "1", never);
    const form =
      "grant_type=refresh_token&refresh_token=id&service=s%2C1&scope=repository%3Aa%3Apull&client_id=slipway";
    assert.deepStrictEqual(tokens.requests, [`POST   ${form}`]);
  });

  it("is Unauthorized when the token server refuses", async () => {
    const { registry } = await bearer(() => ({ status: 401, document: {} }));
    await using _ = registry;
    await using registries = new Registries({ retryDelayMs: 1 });
    const { client } = registries.open(registry.host, { username: "u", password: "no" });
    await rejectsWith(
      client.manifest("a", "1", never),
      "Unauthorized",
      /^unauthorized: incorrect username or password$/,
    );
  });

  it("gives up when the token is not taken", async () => {
    const { registry, tokens } = await bearer(() => ({ status: 200, document: { token: "bad" } }));
    await using _ = registry;
    await using registries = new Registries({ retryDelayMs: 1 });
    await rejectsWith(
      registries.open(registry.host).client.manifest("a", "1", never),
      "Unauthorized",
      /^unauthorized: authentication required$/,
    );
    assert.ok(tokens.requests.length <= 2);
  });

  it("refuses a token that would break out of its header", async () => {
    const { registry } = await bearer(() => ({ status: 200, document: { token: "a\r\nx: y" } }));
    await using _ = registry;
    await using registries = new Registries({ retryDelayMs: 1 });
    await rejectsWith(
      registries.open(registry.host).client.manifest("a", "1", never),
      "Unavailable",
      /did not include a token/,
    );
  });
});
