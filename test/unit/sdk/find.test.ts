import { deepEqual, equal, rejects } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine, EngineUnavailable } from "../../../sdk/index.ts";
import { startExec } from "../../../sdk/client/exec.ts";
import { findEngine } from "../../../sdk/engine/find.ts";
import { contextKey } from "../../../sdk/transport/docker-config.ts";
import { FakeEngine, frame, untilEnd } from "./fake-engine.ts";

describe("findEngine", () => {
  let fake: FakeEngine;
  let folder: string;
  let home: Record<string, string>;

  before(async () => {
    fake = await FakeEngine.start({});
    folder = mkdtempSync(join(tmpdir(), "slipway-find-"));
    home = { DOCKER_CONFIG: folder };
    const meta = join(folder, "contexts/meta", contextKey("work"));
    mkdirSync(meta, { recursive: true });
    const endpoint = { Host: `unix://${fake.socketPath}`, SkipTLSVerify: false };
    writeFileSync(
      join(meta, "meta.json"),
      JSON.stringify({ Name: "work", Metadata: {}, Endpoints: { docker: endpoint } }),
    );
    writeFileSync(join(folder, "config.json"), '{"currentContext":"work"}');
  });

  after(async () => {
    await fake[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const sourceOf = async (options: Parameters<typeof findEngine>[0]): Promise<string> => {
    const { transport, source } = await findEngine(options);
    await transport[Symbol.asyncDispose]();
    return source;
  };

  it("takes the host, the context, DOCKER_HOST, DOCKER_CONTEXT and the current context, in this order", async () => {
    const host = `unix://${fake.socketPath}`;
    const nowhere = "unix:///nowhere.sock";
    const env = { ...home, DOCKER_HOST: nowhere, DOCKER_CONTEXT: "none" };
    equal(await sourceOf({ host, context: "none", env }), "given");
    equal(await sourceOf({ context: "work", env }), 'context "work"');
    equal(await sourceOf({ env: { ...env, DOCKER_HOST: host } }), "DOCKER_HOST");
    equal(await sourceOf({ env: { ...home, DOCKER_CONTEXT: "work" } }), 'context "work"');
    equal(await sourceOf({ env: home }), 'context "work"');
  });

  it("says which context is not there", () =>
    rejects(
      findEngine({ env: { ...home, DOCKER_CONTEXT: "none" } }),
      (error) => error instanceof EngineUnavailable && /context "none" does not exist/.test(error.message),
    ));
});

describe("an engine behind ssh", () => {
  it("is reached through `docker system dial-stdio`, stdio streams with their half-close too", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-ssh-test-"));
    const path = process.env["PATH"];
    try {
      await using fake = await FakeEngine.start(
        { "POST /containers/c/exec": { Id: "e" }, "GET /exec/e/json": { Running: false, ExitCode: 4 } },
        { "POST /exec/e/start": async (socket) => void socket.end(frame(1, await untilEnd(socket))) },
      );
      writeFileSync(join(folder, "ssh"), relayScript(join(folder, "arguments"), fake.socketPath));
      chmodSync(join(folder, "ssh"), 0o755);
      process.env["PATH"] = `${folder}:${path}`;
      await using engine = await Engine.connect({ host: "ssh://me@far:2222" });
      const process_ = await startExec(engine.api, "c", ["cat"], { stdin: true });
      process_.stdin.end("over and back");
      deepEqual(await process_.output(), { exitCode: 4, stdout: "over and back", stderr: "" });
      equal(
        readFileSync(join(folder, "arguments"), "utf8").split("\n")[0],
        "-l me -p 2222 -o ConnectTimeout=30 -T -- far docker system dial-stdio",
      );
    } finally {
      process.env["PATH"] = path;
      rmSync(folder, { recursive: true });
    }
  });
});

/** Stands for ssh: stdio to the engine's socket, each direction ending for itself. */
function relayScript(argumentsFile: string, socketPath: string): string {
  return `#!${process.execPath}
require("node:fs").appendFileSync(${JSON.stringify(argumentsFile)}, process.argv.slice(2).join(" ") + "\\n");
const socket = require("node:net").connect({ path: ${JSON.stringify(socketPath)}, allowHalfOpen: true });
process.stdin.pipe(socket);
socket.pipe(process.stdout);
socket.on("close", () => process.exit());
`;
}

describe("an engine behind TLS", () => {
  it("is reached with the certificates of DOCKER_CERT_PATH, for requests and for stdio, and only with them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-tls-"));
    makeCertificates(folder);
    const pem = (name: string): Buffer => readFileSync(join(folder, name));
    const server = createServer(
      { key: pem("key.pem"), cert: pem("cert.pem"), ca: pem("ca.pem"), requestCert: true },
      (request, response) => {
        if (request.url?.endsWith("/json")) response.end('{"Running":false,"ExitCode":0}');
        else response.setHeader("api-version", "1.43").end('{"Id":"e"}');
      },
    );
    server.on("upgrade", (_request, socket: TLSSocket) => {
      socket.end(Buffer.concat([Buffer.from("HTTP/1.1 101 UPGRADED\r\n\r\n"), frame(1, "secret")]));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      {
        await using engine = await Engine.connect({
          env: { DOCKER_HOST: host, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: folder },
        });
        equal((await (await engine.exec("c", ["x"])).output()).stdout, "secret");
      }
      const strange = { DOCKER_HOST: host, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/nowhere" };
      await rejects(Engine.connect({ env: strange }), EngineUnavailable);
    } finally {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
});

/** One certificate for both sides, signed by itself. */
function makeCertificates(folder: string): void {
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const out = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem"), "-days", "2"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", ...out, ...subject],
    { stdio: "ignore" },
  );
  writeFileSync(join(folder, "ca.pem"), readFileSync(join(folder, "cert.pem")));
}
