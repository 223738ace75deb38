import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { EngineError } from "../../../daemon/base/errors.ts";
import { imageRoutes } from "../../../daemon/api/images/routes.ts";
import { absentRoutes } from "../../../daemon/api/absent.ts";
import { apiRoutes } from "../../../daemon/api/routes.ts";
import { Router } from "../../../daemon/api/http/router.ts";
import { networkRoutes } from "../../../daemon/api/networks/routes.ts";
import { systemRoutes } from "../../../daemon/api/system/routes.ts";
import { volumeRoutes } from "../../../daemon/api/volumes/routes.ts";
import type { Image } from "../../../daemon/engine/model/image.ts";
import type { Engine, Images, NetworkRecord, Progress, Volume } from "../../../daemon/engine/services.ts";
import { api } from "../../support/http.ts";
import { FakeApi } from "./fake-api.ts";

const INGRESS = "Ingress of a network is not supported";
const ID = `sha256:${"a".repeat(64)}` as const;
const image: Image = {
  id: ID,
  tags: ["docker.io/library/busybox:latest"],
  digests: [`docker.io/library/busybox@${ID}`],
  config: {
    architecture: "amd64",
    os: "linux",
    created: "2026-01-02T03:04:05Z",
    diffIds: [ID],
    history: [],
    run: {
      user: "",
      exposedPorts: ["80/tcp"],
      env: ["A=1"],
      cmd: ["sh"],
      volumes: [],
      workingDir: "",
      labels: {},
      healthcheck: { test: ["CMD", "true"], interval: 5 },
    },
  },
  layers: [],
  size: 7,
};
const dangling: Image = { ...image, tags: [], digests: [] };

const bridge: NetworkRecord = {
  id: "b".repeat(64),
  name: "bridge",
  driver: "bridge",
  createdAt: "2026-01-02T03:04:05.000000000Z",
  internal: false,
  subnet: "172.17.0.0/16",
  gateway: "172.17.0.1",
  options: {},
  labels: {},
};

const volume: Volume = {
  name: "v",
  driver: "local",
  mountpoint: "/data/v",
  createdAt: "2026-01-02T03:04:05Z",
  labels: {},
  options: {},
  anonymous: false,
};

/** Answers with `next`, and remembers what it was asked. */
class FakeEngine {
  readonly calls: unknown[] = [];
  progress: readonly (Progress | EngineError)[] = [];
  images: readonly Image[] = [image];

  /** A service whose every method records its arguments, but for those that are given. */
  service<T extends object>(given: Partial<T>): T {
    return new Proxy(given, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return (...args: unknown[]): unknown => {
          this.calls.push([name, ...args.filter((each) => !(each instanceof AbortSignal)).map(plain)]);
          return (method as (...args: unknown[]) => unknown)(...args);
        };
      },
    }) as T;
  }

  async *#report(): AsyncGenerator<Progress> {
    for (const each of this.progress) {
      if (each instanceof EngineError) throw each;
      yield await Promise.resolve(each);
    }
  }

  engine(): Engine {
    const report = (): AsyncGenerator<Progress> => this.#report();
    return {
      images: this.service<Images>({
        pull: report,
        push: report,
        load: report,
        import: report,
        list: () => this.images.map((each) => ({ image: each, containers: 3 })),
        get: () => image,
        history: () => [{ id: ID, tags: ["busybox:latest"], size: 7, createdBy: "x", created: "2026-01-02T03:04:05Z" }],
        tag: () => Promise.resolve(),
        remove: () => Promise.resolve([{ untagged: "busybox:latest" }, { deleted: ID }]),
        prune: () => Promise.resolve({ deleted: [], spaceReclaimed: 0 }),
        save: () => Promise.resolve(Readable.from([Buffer.from("tar")])),
        login: () => Promise.resolve({ status: "Login Succeeded", identityToken: "" }),
        distribution: () =>
          Promise.resolve({ mediaType: "m", digest: ID, size: 1, platforms: [{ architecture: "amd64", os: "linux" }] }),
      }),
      volumes: this.service<Engine["volumes"]>({
        create: () => Promise.resolve(volume),
        get: () => volume,
        list: () => [volume],
        remove: () => Promise.resolve(),
        prune: () => Promise.resolve({ deleted: ["v"], spaceReclaimed: 5 }),
      }),
      networks: this.service<Engine["networks"]>({
        get: () => bridge,
        list: () => [bridge],
        members: () => ({}),
        create: () => Promise.resolve({ id: "n", warnings: [] }),
        connect: () => Promise.resolve(),
        disconnect: () => Promise.resolve(),
        remove: () => Promise.resolve(),
        prune: () => Promise.resolve([]),
      }),
      events: this.service<Engine["events"]>({
        subscribe: () => Promise.resolve(events()),
      }),
      system: { info: () => Promise.resolve({ storage: { driver: "overlay2", status: [] } }) },
    } as unknown as Engine;
  }
}

async function* events() {
  const attributes = { image: "busybox", name: "n" };
  yield { type: "container", action: "start", actor: "c1", attributes, timeNano: 1_767_323_045_123_456_789n } as const;
  yield { type: "volume", action: "create", actor: "v", attributes: {}, timeNano: 1_767_323_046_000_000_000n } as const;
}

function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  return value instanceof Readable ? "stream" : value;
}

const encode = (value: unknown, encoding: BufferEncoding): string =>
  Buffer.from(JSON.stringify(value)).toString(encoding);
const filtersOf = (value: unknown): string => `filters=${encodeURIComponent(JSON.stringify(value))}`;

describe("routes", () => {
  let fake: FakeEngine;
  let server: FakeApi;
  beforeEach(async () => {
    fake = new FakeEngine();
    const engine = fake.engine();
    const parts = [systemRoutes, imageRoutes, volumeRoutes, networkRoutes].flatMap((each) => each(engine));
    server = await FakeApi.start([...parts, ...absentRoutes()]);
  });
  afterEach(() => server[Symbol.asyncDispose]());

  it("apiRoutes has no two routes for one path", () => {
    new Router(apiRoutes(fake.engine()));
  });

  type Ask = readonly [method: string, path: string, body: unknown, status: number, answer: unknown, calls: unknown];
  const created = { CreatedAt: volume.createdAt, Driver: "local", Labels: null, Mountpoint: "/data/v", Name: "v" };
  const volumeJson = { ...created, Options: null, Scope: "local" };
  const asks: readonly Ask[] = [
    ["GET", "/volumes", undefined, 200, { Volumes: [volumeJson], Warnings: null }, [["list", {}]]],
    ["GET", "/volumes/v", undefined, 200, volumeJson, [["get", "v"]]],
    [
      "POST",
      "/volumes/create",
      { Name: "v", Labels: null, DriverOpts: { a: "b" } },
      201,
      volumeJson,
      [["create", { name: "v", driver: undefined, driverOpts: { a: "b" }, labels: undefined }]],
    ],
    ["POST", "/volumes/create", { ClusterVolumeSpec: {} }, 501, { message: "ClusterVolumeSpec is not supported" }, []],
    ["DELETE", "/volumes/v?force=1", undefined, 204, undefined, [["remove", "v", true]]],
    [
      "POST",
      `/volumes/prune?${filtersOf({ label: { "a=b": true, "c=d": false } })}`,
      undefined,
      200,
      { VolumesDeleted: ["v"], SpaceReclaimed: 5 },
      [["prune", { label: ["a=b"] }]],
    ],
    [
      "POST",
      "/v1.41/volumes/prune",
      undefined,
      200,
      { VolumesDeleted: ["v"], SpaceReclaimed: 5 },
      [["prune", { all: ["true"] }]],
    ],
    ["GET", `/volumes?${filtersOf({ x: ["y"] })}`, undefined, 400, { message: "invalid filter 'x'" }, []],
    ["GET", "/volumes?filters=%7Bx", undefined, 400, { message: "invalid filter" }, []],
    ["GET", `/volumes?${filtersOf({ name: [7] })}`, undefined, 400, { message: "invalid filter" }, []],
    [
      "POST",
      "/networks/create",
      { Name: "n", IPAM: { Config: [{ Subnet: "10.0.0.0/24", Gateway: null }] }, EnableIPv6: true },
      201,
      { Id: "n", Warning: "" },
      [
        [
          "create",
          {
            name: "n",
            driver: "",
            internal: false,
            attachable: false,
            enableIpv4: true,
            enableIpv6: true,
            ipam: { driver: "", options: {}, configs: [{ subnet: "10.0.0.0/24" }] },
            options: {},
            labels: {},
          },
        ],
      ],
    ],
    ["POST", "/networks/create", { Name: "n", Ingress: true }, 501, { message: INGRESS }, []],
    ["POST", "/networks/n/connect", { Container: "c" }, 200, undefined, [["connect", "n", "c", {}]]],
    [
      "POST",
      "/networks/n/disconnect",
      { Container: "c", Force: true },
      200,
      undefined,
      [["disconnect", "n", "c", true]],
    ],
    ["DELETE", "/networks/n", undefined, 204, undefined, [["remove", "n"]]],
    ["POST", "/networks/prune", undefined, 200, { NetworksDeleted: null }, [["prune", {}]]],
    [
      "GET",
      "/images/a/b:c/history",
      undefined,
      200,
      [{ Id: ID, Created: 1767323045, CreatedBy: "x", Tags: ["busybox:latest"], Size: 7, Comment: "" }],
      [["history", "a/b:c"]],
    ],
    ["POST", "/images/a/b/tag?repo=r&tag=t", undefined, 201, undefined, [["tag", "a/b", "r", "t"]]],
    [
      "DELETE",
      "/images/a/b:c?force=true&noprune=1",
      undefined,
      200,
      [{ Untagged: "busybox:latest" }, { Deleted: ID }],
      [["remove", "a/b:c", { force: true, prune: false }]],
    ],
    [
      "POST",
      `/images/prune?${filtersOf({ dangling: ["false"] })}`,
      undefined,
      200,
      { ImagesDeleted: null, SpaceReclaimed: 0 },
      [["prune", { dangling: ["false"] }]],
    ],
    [
      "GET",
      "/distribution/r.io/a/b:c/json",
      undefined,
      200,
      { Descriptor: { mediaType: "m", digest: ID, size: 1 }, Platforms: [{ architecture: "amd64", os: "linux" }] },
      [["distribution", "r.io/a/b:c", undefined]],
    ],
    [
      "POST",
      "/auth",
      { username: "u", password: "p", serveraddress: "r.io" },
      200,
      { Status: "Login Succeeded", IdentityToken: "" },
      [
        [
          "login",
          { username: "u", password: "p", identityToken: undefined, registryToken: undefined, serverAddress: "r.io" },
        ],
      ],
    ],
    ["POST", "/images/create?fromSrc=http://x", undefined, 501, { message: "import from a URL is not supported" }, []],
    [
      "GET",
      `/images/x/json?platform=${encodeURIComponent('{"os":"linux","architecture":"arm64"}')}`,
      undefined,
      404,
      { message: "image with reference x was found but does not provide the specified platform (linux/arm64)" },
      [["get", "x"]],
    ],
    ["POST", "/build", undefined, 501, { message: "build is not supported yet" }, []],
    ["POST", "/session", undefined, 501, { message: "BuildKit over /session is not supported yet" }, []],
    ["GET", "/images/search?term=x", undefined, 501, { message: "search is not supported yet" }, []],
    ["GET", "/plugins", undefined, 200, [], []],
    ["GET", "/plugins/p/json", undefined, 404, { message: 'plugin "p" not found' }, []],
  ];
  for (const [method, path, body, status, expected, calls] of asks) {
    it(`${method} ${path} answers ${status}`, async () => {
      const { text, ...answer } = await api(server.socketPath, method, path, { body });
      assert.deepEqual([answer.status, text === "" ? undefined : JSON.parse(text)], [status, expected]);
      assert.deepEqual(fake.calls, calls);
    });
  }

  for (const path of ["/swarm", "/nodes", "/services/x", "/tasks", "/secrets", "/configs"]) {
    it(`GET ${path} answers 503: no swarm manager`, async () => {
      const { status, message } = await api(server.socketPath, "GET", path);
      assert.equal(status, 503);
      assert.match(message, /^This node is not a swarm manager\. Use "docker swarm init"/);
    });
  }

  it("/_ping names the builder, the swarm and the API, for GET and HEAD", async () => {
    for (const [method, text] of [
      ["GET", "OK"],
      ["HEAD", ""],
    ] as const) {
      const answer = await api(server.socketPath, method, "/v1.30/_ping");
      const names = ["api-version", "builder-version", "swarm", "cache-control", "pragma"];
      assert.deepEqual(
        [answer.status, answer.text, ...names.map((name) => answer.headers[name])],
        [200, text, "1.51", "1", "inactive", "no-cache, no-store, must-revalidate", "no-cache"],
      );
    }
  });

  it("GET /events writes a line an event, the old fields only of containers and images", async () => {
    const path = `/events?since=1.5&until=2026-01-02T03:04:05.1%2B01:00&${filtersOf({ type: ["container"] })}`;
    const { text } = await api(server.socketPath, "GET", path);
    assert.deepEqual(text.split("\n"), [
      '{"status":"start","id":"c1","from":"busybox","Type":"container","Action":"start",' +
        '"Actor":{"ID":"c1","Attributes":{"image":"busybox","name":"n"}},"scope":"local","time":1767323045,' +
        '"timeNano":1767323045123456789}',
      '{"Type":"volume","Action":"create","Actor":{"ID":"v","Attributes":{}},"scope":"local","time":1767323046,' +
        '"timeNano":1767323046000000000}',
      "",
    ]);
    const query = {
      since: 1_500_000_000n,
      until: 1_767_319_445_100_000_000n,
      filters: new Map([["type", ["container"]]]),
    };
    assert.deepEqual(fake.calls, [["subscribe", query]]);
  });

  it("GET /events refuses a moment that is none", async () => {
    const { status, message } = await api(server.socketPath, "GET", "/events?since=yesterday");
    assert.deepEqual([status, message], [400, 'invalid value for since: "yesterday" is no moment in time']);
  });

  describe("GET /images/json", () => {
    const versions: readonly (readonly [version: string, expected: Record<string, unknown>])[] = [
      ["1.51", { RepoTags: [], RepoDigests: [], Containers: 3, VirtualSize: undefined }],
      ["1.43", { RepoTags: [], RepoDigests: [], Containers: -1, VirtualSize: 7 }],
      ["1.24", { RepoTags: ["<none>:<none>"], RepoDigests: ["<none>@<none>"], Containers: -1, VirtualSize: 7 }],
    ];
    for (const [version, expected] of versions) {
      it(`of an image without a name, at ${version}`, async () => {
        fake.images = [dangling];
        const { text } = await api(server.socketPath, "GET", `/v${version}/images/json`);
        const [only] = JSON.parse(text) as Record<string, unknown>[];
        assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, only?.[name]])), expected);
      });
    }

    it("shows names as users write them, and takes the old parameter `filter`", async () => {
      const { text } = await api(server.socketPath, "GET", "/v1.24/images/json?filter=busybox&all=1");
      const [only] = JSON.parse(text) as Record<string, unknown>[];
      assert.deepEqual([only?.["RepoTags"], only?.["Created"]], [["busybox:latest"], 1767323045]);
      assert.deepEqual(fake.calls, [["list", { all: true, filters: new Map([["reference", ["busybox"]]]) }]]);
    });
  });

  it("GET /images/{name}/json has the fields of its version", async () => {
    const at = async (version: string): Promise<Record<string, unknown>> =>
      JSON.parse((await api(server.socketPath, "GET", `/v${version}/images/busybox/json`)).text) as Record<
        string,
        unknown
      >;
    const [old, mid, now] = [await at("1.43"), await at("1.49"), await at("1.51")];
    const facts = (each: Record<string, unknown>): unknown[] => [
      each["VirtualSize"],
      "ContainerConfig" in each,
      "Hostname" in (each["Config"] as object),
    ];
    assert.deepEqual([old, mid, now].map(facts), [
      [7, true, true],
      [undefined, false, true],
      [undefined, false, false],
    ]);
    assert.deepEqual(now["Config"], {
      User: "",
      ExposedPorts: { "80/tcp": {} },
      Env: ["A=1"],
      Cmd: ["sh"],
      Healthcheck: { Test: ["CMD", "true"], Interval: 5 },
      Volumes: null,
      WorkingDir: "",
      Entrypoint: null,
      OnBuild: null,
      Labels: null,
    });
  });

  describe("pull, push, load, save", () => {
    const auth = { username: "u", password: "p?>~" };
    const pulled = (credentials: object | undefined): unknown => [
      ["pull", "busybox:1", { platform: "linux/arm64", credentials }],
    ];
    const known = { username: "u", password: "p?>~", identityToken: undefined, registryToken: undefined };
    const headers: readonly (readonly [title: string, header: string | undefined, credentials: object | undefined])[] =
      [
        ["none", undefined, undefined],
        ["unpadded base64url", encode(auth, "base64url"), { ...known, serverAddress: undefined }],
        ["padded base64", encode(auth, "base64"), { ...known, serverAddress: undefined }],
        ["an empty object", encode({}, "base64"), undefined],
        ["null", encode(null, "base64"), undefined],
        [
          "user and password in `auth`",
          encode({ auth: Buffer.from("u:p?>~").toString("base64") }, "base64url"),
          { ...known, serverAddress: undefined },
        ],
      ];
    for (const [title, header, credentials] of headers) {
      it(`POST /images/create takes X-Registry-Auth: ${title}`, async () => {
        const path = "/images/create?fromImage=busybox&tag=1&platform=linux/arm64";
        const options = header === undefined ? {} : { headers: { "x-registry-auth": header } };
        assert.equal((await api(server.socketPath, "POST", path, options)).status, 200);
        assert.deepEqual(fake.calls, pulled(credentials));
      });
    }

    it("POST /images/create refuses an X-Registry-Auth that is none", async () => {
      const { status, message } = await api(server.socketPath, "POST", "/images/create?fromImage=x", {
        headers: { "x-registry-auth": "garbage" },
      });
      assert.deepEqual([status, message], [400, "invalid X-Registry-Auth header"]);
    });

    it("POST /images/create?tag=sha256:… pulls by digest", async () => {
      await api(server.socketPath, "POST", `/images/create?fromImage=busybox&tag=${ID}`);
      assert.deepEqual(fake.calls, [["pull", `busybox@${ID}`, { platform: undefined, credentials: undefined }]]);
    });

    it("progress is Docker's stream of JSON", async () => {
      fake.progress = [
        { kind: "status", id: "latest", status: "Pulling from library/busybox" },
        { kind: "status", id: "0123456789ab", status: "Pulling fs layer" },
        { kind: "progress", id: "0123456789ab", status: "Downloading", current: 500_000, total: 2_000_000 },
        { kind: "progress", id: "0123456789ab", status: "Downloading", current: 1_234_567 },
        { kind: "stream", text: "Loaded image: x\n" },
        { kind: "aux", value: { Tag: "1" } },
        new EngineError("Unauthorized", "no"),
      ];
      const { status, text } = await api(server.socketPath, "POST", "/images/a/b/push?tag=1");
      assert.equal(status, 200);
      assert.deepEqual(text.split("\r\n"), [
        '{"status":"Pulling from library/busybox","id":"latest"}',
        '{"status":"Pulling fs layer","progressDetail":{},"id":"0123456789ab"}',
        '{"status":"Downloading","progressDetail":{"current":500000,"total":2000000},' +
          `"progress":"[${"=".repeat(12)}>${" ".repeat(38)}]    500kB/2MB","id":"0123456789ab"}`,
        '{"status":"Downloading","progressDetail":{"current":1234567},"progress":" 1.235MB","id":"0123456789ab"}',
        '{"stream":"Loaded image: x\\n"}',
        '{"progressDetail":{},"aux":{"Tag":"1"}}',
        '{"errorDetail":{"code":401,"message":"no"},"error":"no"}',
        "",
      ]);
      assert.deepEqual(fake.calls, [["push", "a/b:1", { credentials: undefined, platform: undefined }]]);
    });

    it("an error before there is progress has its own status", async () => {
      fake.progress = [new EngineError("NotFound", "manifest unknown")];
      const { status, message } = await api(server.socketPath, "POST", "/images/create?fromImage=x");
      assert.deepEqual([status, message], [404, "manifest unknown"]);
    });

    it("POST /images/create?fromSrc=- imports, with every change", async () => {
      const path = "/images/create?fromSrc=-&repo=r&tag=t&message=m&changes=ENV%20A%3D1&changes=CMD%20x";
      await api(server.socketPath, "POST", path, { body: Buffer.from("tar") });
      const options = { repository: "r", tag: "t", message: "m", changes: ["ENV A=1", "CMD x"], platform: undefined };
      assert.deepEqual(fake.calls, [["import", "stream", options]]);
    });

    it("GET /images/get saves every name", async () => {
      const { text, headers: head } = await api(server.socketPath, "GET", "/images/get?names=a&names=b%2Fc:1");
      assert.deepEqual([text, head["content-type"]], ["tar", "application/x-tar"]);
      await api(server.socketPath, "GET", "/images/x/y:1/get");
      assert.deepEqual(fake.calls, [
        ["save", ["a", "b/c:1"]],
        ["save", ["x/y:1"]],
      ]);
    });
  });
});
