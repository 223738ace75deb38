/** What the view of registries shows: asked for when a row is unfolded, and again when it could not be had. */
import { deepEqual, equal } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Memento, SecretStorage } from "vscode";
import type { SavedRegistry } from "../../../extension/model/saved-trees.ts";
import { Registries } from "../../../extension/session/registries.ts";

interface Reply {
  readonly status?: number;
  readonly body: unknown;
}

describe("Registries", () => {
  let server: Server;
  let address: string;
  let asked: string[];
  let replies: Record<string, Reply>;
  /** While it is pending nothing is answered. */
  let held: Promise<void> | undefined;
  let kept: Map<string, unknown>;

  const catalog = (...repositories: readonly string[]): Reply => ({ body: { repositories } });
  const tags = (...names: readonly string[]): Reply => ({ body: { tags: names } });
  /** As after a reload of the window: what is kept is all that is known. */
  const loaded = (): Registries => {
    const state = {
      get: (key: string, otherwise: unknown) => kept.get(key) ?? otherwise,
      update: async (key: string, value: unknown) => void kept.set(key, value),
    } as unknown as Memento;
    const secrets = { get: async () => undefined, delete: async () => undefined } as unknown as SecretStorage;
    return new Registries({ state, secrets });
  };
  const shown = (registries: Registries): SavedRegistry | undefined => registries.list()[0];

  beforeEach(async () => {
    asked = [];
    held = undefined;
    kept = new Map();
    replies = { "/v2/": { body: {} }, "/v2/_catalog": catalog("a", "b"), "/v2/a/tags/list": tags("1") };
    server = createServer(async (request, response) => {
      const [path = ""] = (request.url ?? "").split("?");
      asked.push(path);
      await held;
      const { status = 200, body } = replies[path] ?? { status: 404, body: {} };
      response.writeHead(status).end(JSON.stringify(body));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await loaded().connect(address, undefined);
    asked = [];
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it("asks for nothing before what is below a row is to be shown, and then once", async () => {
    const registries = loaded();
    deepEqual([shown(registries)?.loading, asked], [true, []]);
    await Promise.all([registries.want(address), registries.want(address)]);
    await registries.want(address);
    deepEqual(
      shown(registries)?.repositories.map(({ name, tags: known }) => [name, known]),
      [
        ["a", undefined],
        ["b", undefined],
      ],
    );
    await Promise.all([registries.want(address, "a"), registries.want(address, "a")]);
    await registries.want(address, "a");
    deepEqual(shown(registries)?.repositories[0]?.tags, ["1"]);
    deepEqual(asked, ["/v2/_catalog", "/v2/a/tags/list"]);
  });

  it("asks again for what could not be had when its row is unfolded, and not when it is drawn", async () => {
    const registries = loaded();
    replies["/v2/_catalog"] = { status: 429, body: {} };
    await registries.want(address);
    equal(shown(registries)?.problem, `${address} gets too many requests`);
    replies["/v2/_catalog"] = catalog("a");
    replies["/v2/a/tags/list"] = { status: 500, body: {} };
    await registries.want(address);
    equal(shown(registries)?.problem, `${address} gets too many requests`);
    await registries.retry(address);
    equal(shown(registries)?.problem, undefined);
    await registries.want(address, "a");
    equal(shown(registries)?.repositories[0]?.problem, `${address} answered with 500`);
    replies["/v2/a/tags/list"] = tags("2");
    await registries.want(address, "a");
    await registries.retry(address, "a");
    deepEqual(shown(registries)?.repositories[0], { name: "a", tags: ["2"], problem: undefined });
  });

  it("shows that it asks while it does, and what was there while it is refreshed", async () => {
    const registries = loaded();
    await registries.want(address);
    await registries.want(address, "a");
    const release = Promise.withResolvers<void>();
    held = release.promise;
    replies["/v2/_catalog"] = catalog("a", "c");
    replies["/v2/a/tags/list"] = tags("1", "2");
    const refreshed = registries.load(address);
    deepEqual(shown(registries)?.repositories[0]?.tags, ["1"]);
    release.resolve();
    await refreshed;
    deepEqual(
      shown(registries)?.repositories.map(({ name, tags: known }) => [name, known]),
      [
        ["a", ["1", "2"]],
        ["c", undefined],
      ],
    );
    replies["/v2/_catalog"] = { status: 503, body: {} };
    await registries.load(address);
    const again = registries.retry(address);
    deepEqual([shown(registries)?.loading, shown(registries)?.problem], [true, undefined]);
    await again;
    equal(shown(registries)?.problem, `${address} answered with 503`);
  });

  it("an answer to one that was disconnected meanwhile is none", async () => {
    const registries = loaded();
    await registries.want(address);
    const release = Promise.withResolvers<void>();
    held = release.promise;
    const late = registries.want(address, "a");
    await registries.disconnect(address);
    release.resolve();
    await late;
    deepEqual(registries.list(), []);
    await registries.connect(address, undefined);
    deepEqual(shown(registries)?.repositories[0]?.tags, undefined);
  });
});
