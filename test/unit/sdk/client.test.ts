import { deepEqual, equal, rejects } from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { API_VERSION as CONTRACT_VERSION } from "../../../sdk/contract/index.ts";
import { containerBody } from "../../../sdk/client/container-body.ts";
import { credentialsFor, HUB_KEY, registryKey } from "../../../sdk/client/credentials.ts";
import type { Progress } from "../../../sdk/client/operation.ts";
import { splitReference } from "../../../sdk/client/reference.ts";
import { negotiateApiVersion, NEWEST_API } from "../../../sdk/engine/api-version.ts";
import {
  EngineUnavailable,
  ImageNotFound,
  InvalidParameter,
  RegistryAuth,
  SlipwayError,
} from "../../../sdk/transport/errors.ts";
import { FakeEngine, frame, requestBody } from "./fake-engine.ts";

const lines =
  (...values: object[]) =>
  (_: IncomingMessage, response: ServerResponse): void =>
    void response.end(values.map((value) => `${JSON.stringify(value)}\r\n`).join(""));

describe("negotiateApiVersion", () => {
  it("is the contract's newest, or what an older engine offers", () => {
    equal(NEWEST_API, CONTRACT_VERSION);
    deepEqual(
      ["1.60", "1.41", "", "1.9"].map((offered) => negotiateApiVersion(offered)),
      [NEWEST_API, "1.41", "1.24", "1.9"],
    );
    equal(negotiateApiVersion("1.51", "1.43"), "1.43");
  });
});

describe("splitReference", () => {
  for (const [reference, name, tag] of [
    ["busybox", "busybox", undefined],
    ["busybox:1.36", "busybox", "1.36"],
    ["localhost:5000/a/b", "localhost:5000/a/b", undefined],
    ["localhost:5000/a/b:c", "localhost:5000/a/b", "c"],
    ["a/b@sha256:00", "a/b", "sha256:00"],
    ["a/b:tag@sha256:00", "a/b", "sha256:00"],
  ] as const) {
    it(`splits ${reference}`, () => deepEqual(splitReference(reference), { name, tag }));
  }
});

describe("registryKey", () => {
  for (const [reference, key] of [
    ["busybox", HUB_KEY],
    ["library/busybox", HUB_KEY],
    ["docker.io/library/busybox", HUB_KEY],
    ["localhost/x", "localhost"],
    ["localhost:5000/x", "localhost:5000"],
    ["ghcr.io/a/b:c", "ghcr.io"],
  ] as const) {
    it(`of ${reference} is ${key}`, () => equal(registryKey(reference), key));
  }
});

describe("credentialsFor", () => {
  const auth = Buffer.from("me:pass:word").toString("base64");

  it("reads auths, under the host of an old client's address too", async () => {
    const config = { auths: { "https://r.example/v1/": { auth }, [HUB_KEY]: { identitytoken: "t" } } };
    deepEqual(
      { ...(await credentialsFor("r.example", config)) },
      {
        username: "me",
        password: "pass:word",
        identitytoken: undefined,
        registrytoken: undefined,
        serveraddress: "r.example",
      },
    );
    equal((await credentialsFor(HUB_KEY, config))?.identitytoken, "t");
    equal(await credentialsFor("other.example", config), undefined);
  });

  describe("with helpers", () => {
    let folder: string;
    let env: Record<string, string>;
    const helper = (name: string, script: string): void => {
      const path = join(folder, `docker-credential-${name}`);
      writeFileSync(path, `#!/bin/sh\n${script}\n`);
      chmodSync(path, 0o755);
    };

    before(() => {
      folder = mkdtempSync(join(tmpdir(), "slipway-helpers-"));
      env = { PATH: `${folder}:/usr/bin:/bin` };
      helper(
        "one",
        'read server; echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"u-$1\\",\\"Secret\\":\\"s-$server\\"}"',
      );
      helper("token", 'echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"refresh\\"}"');
      helper("none", "echo credentials not found in native keychain; exit 1");
      helper("broken", "echo no keyring >&2; exit 3");
    });

    after(() => rmSync(folder, { recursive: true }));

    it("asks a registry's own before the general one", async () => {
      const config = { credsStore: "token", credHelpers: { "r.example": "one" } };
      deepEqual(await credentialsFor("r.example", config, { env }), {
        username: "u-get",
        password: "s-r.example",
        serveraddress: "r.example",
      });
      deepEqual(await credentialsFor("x.example", config, { env }), {
        identitytoken: "refresh",
        serveraddress: "x.example",
      });
    });

    it("takes 'credentials not found' for nothing", async () => {
      equal(await credentialsFor("r.example", { credsStore: "none" }, { env }), undefined);
    });

    it("throws for one that fails, is missing or is no name", async () => {
      await rejects(credentialsFor("r", { credsStore: "broken" }, { env }), /ended with 3: no keyring/);
      await rejects(credentialsFor("r", { credsStore: "missing" }, { env }), /could not be run/);
      await rejects(credentialsFor("r", { credsStore: "../one" }, { env }), InvalidParameter);
    });

    it("are sent with a pull", async () => {
      writeFileSync(join(folder, "config.json"), '{"credsStore":"one"}');
      let header: unknown;
      await using fake = await FakeEngine.start({
        "POST /images/create": (request: IncomingMessage, response: ServerResponse) => {
          header = JSON.parse(Buffer.from(String(request.headers["x-registry-auth"]), "base64url").toString());
          response.end('{"status":"done"}\n');
        },
        "GET /images/r.example/app/json": { Id: "sha256:1" },
      });
      await using engine = await fake.connect({ ...env, DOCKER_CONFIG: folder });
      equal((await engine.images.pull("r.example/app")).id, "sha256:1");
      deepEqual(header, { username: "u-get", password: "s-r.example", serveraddress: "r.example" });
      equal(fake.requests[1], "POST /v1.43/images/create?fromImage=r.example%2Fapp&tag=latest");
    });
  });
});

describe("Operation", () => {
  const pull = lines(
    { status: "Pulling from library/busybox", id: "latest" },
    { id: "a1", status: "Downloading", progressDetail: { current: 5, total: 10 } },
    { aux: { x: 1 } },
  );
  const answers = { "POST /images/create": pull, "GET /images/busybox/json": { Id: "sha256:1" } };

  it("is awaited for its result alone", async () => {
    await using fake = await FakeEngine.start(answers);
    await using engine = await fake.connect();
    equal((await engine.images.pull("busybox")).id, "sha256:1");
  });

  it("is iterated for its steps, then awaited; the work is done once", async () => {
    await using fake = await FakeEngine.start(answers);
    await using engine = await fake.connect();
    const operation = engine.images.pull("busybox");
    const steps: Progress[] = [];
    for await (const step of operation) steps.push(step);
    deepEqual(steps, [
      { kind: "status", id: "latest", status: "Pulling from library/busybox" },
      { kind: "progress", id: "a1", status: "Downloading", current: 5, total: 10 },
      { kind: "aux", value: { x: 1 } },
    ]);
    equal((await operation).id, "sha256:1");
    equal(fake.requests.filter((request) => request.includes("/images/create")).length, 1);
    await rejects(async () => {
      for await (const _ of operation);
    }, /read once/);
  });

  it("throws an error inside the stream by its code and words", async () => {
    const failing = (message: string, code?: number) =>
      FakeEngine.start({
        "POST /images/create": lines({ status: "begun" }, { error: message, errorDetail: { message, code } }),
      });
    for (const [message, type] of [
      ["manifest for x:latest not found: manifest unknown", ImageNotFound],
      ["unauthorized: authentication required", RegistryAuth],
      ["unexpected EOF", SlipwayError],
    ] as const) {
      await using fake = await failing(message);
      await using engine = await fake.connect();
      await rejects(
        async () => await engine.images.pull("x"),
        (error) => error instanceof type && error.message === message,
      );
    }
  });

  it("cancels the work when the loop is left", async () => {
    const gone = Promise.withResolvers<void>();
    await using fake = await FakeEngine.start({
      "POST /images/create": (_: IncomingMessage, response: ServerResponse) => {
        response.on("close", () => gone.resolve());
        response.write('{"status":"begun"}\n');
      },
    });
    await using engine = await fake.connect();
    const operation = engine.images.pull("x");
    for await (const _ of operation) break;
    await gone.promise;
    await rejects(async () => await operation, { name: "AbortError" });
  });
});

describe("images", () => {
  it("load sends the archive and names what was loaded", async () => {
    let sent = "";
    await using fake = await FakeEngine.start({
      "POST /images/load": async (request: IncomingMessage, response: ServerResponse) => {
        sent = (await requestBody(request)).toString();
        lines({ stream: "Loaded image: a:1\n" }, { stream: "Loaded image ID: sha256:22\n" })(request, response);
      },
      "GET /images/a%3A1/json": { Id: "sha256:11" },
      "GET /images/sha256%3A22/json": { Id: "sha256:22" },
    });
    await using engine = await fake.connect();
    const images = await engine.images.load(Buffer.from("archive"));
    deepEqual(
      images.map(({ id }) => id),
      ["sha256:11", "sha256:22"],
    );
    equal(sent, "archive");
  });

  it("a name cannot leave its path", async () => {
    await using fake = await FakeEngine.start({});
    await using engine = await fake.connect();
    for (const name of ["", "..", "a/../../info", "a//b"]) await rejects(engine.images.get(name), InvalidParameter);
    equal(fake.requests.length, 1);
  });
});

describe("logs", () => {
  it("are lines with their stream and time, however they are cut", async () => {
    const bytes = Buffer.concat([frame(1, "T1 one\nT2 t"), frame(2, "T3 err\n"), frame(1, "wo\nT4 rest")]);
    await using fake = await FakeEngine.start({
      "GET /containers/c/json": { Id: "c", Config: { Tty: false } },
      "GET /containers/c/logs": (_: IncomingMessage, response: ServerResponse) => {
        response.write(bytes.subarray(0, 13));
        response.end(bytes.subarray(13));
      },
    });
    await using engine = await fake.connect();
    const container = await engine.containers.get("c");
    const seen: string[] = [];
    for await (const { stream, time, text } of container.logs({ tail: 3, since: new Date(1500) }))
      seen.push(`${stream} ${time} ${text}`);
    deepEqual(seen, ["stdout T1 one", "stderr T3 err", "stdout T2 two", "stdout T4 rest"]);
    equal(
      fake.requests.at(-1),
      "GET /v1.43/containers/c/logs?stdout=true&stderr=true&since=1.5&tail=3&timestamps=true",
    );
  });
});

describe("Engine.connect", () => {
  it("tells what was tried and why it failed", async () => {
    await rejects(
      FakeEngine.start({}).then(async (fake) => {
        await fake[Symbol.asyncDispose]();
        return await fake.connect();
      }),
      (error) =>
        error instanceof EngineUnavailable && error.attempts.length === 1 && error.attempts[0]?.source === "given",
    );
  });

  it("does not try another engine than the one of DOCKER_HOST", async () => {
    const { Engine } = await import("../../../sdk/index.ts");
    await rejects(
      Engine.connect({ env: { DOCKER_HOST: "unix:///nowhere.sock", HOME: "/nowhere" } }),
      /unix:\/\/\/nowhere.sock \(DOCKER_HOST\)/,
    );
  });
});

describe("containerBody", () => {
  it("sends only what was given, in the API's units", () => {
    const body = containerBody({
      image: "busybox",
      entrypoint: [],
      command: ["sh"],
      env: { A: "b=c" },
      stdin: true,
      mounts: [
        { type: "bind", source: "/a", target: "/b", readOnly: true },
        { type: "tmpfs", target: "/t", size: 1024, mode: 0o700 },
      ],
      publish: [
        { container: 80 },
        { container: 80, host: 8080, address: "127.0.0.1" },
        { container: 53, protocol: "udp" },
      ],
      network: "net",
      networkAliases: ["web"],
      limits: { cpus: 1.5, memory: 1 << 20, ulimits: { nofile: 10, core: { soft: 0, hard: -1 } } },
      restart: { policy: "on-failure", maxRetries: 3 },
      healthcheck: { test: "true", interval: 1500 },
    });
    deepEqual(JSON.parse(JSON.stringify(body)), {
      Image: "busybox",
      Cmd: ["sh"],
      Entrypoint: [""],
      Env: ["A=b=c"],
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      Healthcheck: { Test: ["CMD-SHELL", "true"], Interval: 1_500_000_000 },
      ExposedPorts: { "80/tcp": {}, "53/udp": {} },
      HostConfig: {
        Memory: 1 << 20,
        NanoCpus: 1_500_000_000,
        Ulimits: [
          { Name: "nofile", Soft: 10, Hard: 10 },
          { Name: "core", Soft: 0, Hard: -1 },
        ],
        RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
        Mounts: [
          { Type: "bind", Source: "/a", Target: "/b", ReadOnly: true },
          { Type: "tmpfs", Target: "/t", TmpfsOptions: { SizeBytes: 1024, Mode: 448 } },
        ],
        NetworkMode: "net",
        PortBindings: {
          "80/tcp": [
            { HostIp: "", HostPort: "" },
            { HostIp: "127.0.0.1", HostPort: "8080" },
          ],
          "53/udp": [{ HostIp: "", HostPort: "" }],
        },
      },
      NetworkingConfig: { EndpointsConfig: { net: { Aliases: ["web"] } } },
    });
  });
});
