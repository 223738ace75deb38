import { deepEqual, equal, rejects } from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { EngineUnavailable, InvalidParameter } from "../../../sdk/transport/errors.ts";
import { FakeEngine, sendError } from "./fake-engine.ts";

/** As the engine writes it: `timeNano` in full. */
const line = (id: string, nano: string): string =>
  `{"Type":"container","Action":"start","Actor":{"ID":"${id}","Attributes":{"name":"\\"timeNano\\":1"}},"time":1,"timeNano":${nano}}\n`;

describe("engine.events", () => {
  it("goes on where it was when the engine comes back, each event once", async () => {
    let round = 0;
    const streams = [
      // Two events of one nanosecond, of which the second was not read when the connection broke.
      line("a", "1700000000123456789") + line("b", "1700000000123456790"),
      line("b", "1700000000123456790") + line("c", "1700000000123456790") + line("d", "1700000000123456791"),
    ];
    await using fake = await FakeEngine.start({
      "GET /events": (_: IncomingMessage, response: ServerResponse) => {
        response.write(streams[round++]);
      },
    });
    const broken = async (): Promise<void> => {
      await fake.crash();
      await fake.listen();
    };
    await using engine = await fake.connect();
    const seen: string[] = [];
    for await (const { id, timeNano } of engine.events({ since: new Date(1000), filters: { type: ["container"] } })) {
      seen.push(`${id} ${timeNano}`);
      if (id === "b") await broken();
      if (id === "d") break;
    }
    deepEqual(seen, [
      "a 1700000000123456789",
      "b 1700000000123456790",
      "c 1700000000123456790",
      "d 1700000000123456791",
    ]);
    const filters = encodeURIComponent('{"type":["container"]}');
    deepEqual(
      fake.requests.filter((request) => request.includes("/events")),
      [
        `GET /v1.43/events?since=1&filters=${filters}`,
        `GET /v1.43/events?since=1700000000.123456790&filters=${filters}`,
      ],
    );
  });

  it("ends at `until`", async () => {
    await using fake = await FakeEngine.start({
      "GET /events": (_: IncomingMessage, response: ServerResponse) => void response.end(line("a", "5")),
    });
    await using engine = await fake.connect();
    const seen = [];
    for await (const event of engine.events({ until: new Date() })) seen.push(event.id);
    deepEqual(seen, ["a"]);
  });

  it("throws EngineUnavailable when the engine stays away", async () => {
    await using fake = await FakeEngine.start({
      "GET /events": (_: IncomingMessage, response: ServerResponse) => void response.write(line("a", "5")),
    });
    await using engine = await fake.connect();
    await rejects(async () => {
      for await (const _ of engine.events({ reconnect: 0 })) await fake.crash();
    }, EngineUnavailable);
  });

  it("throws what the engine says to a wrong filter, and ends with its signal's reason", async () => {
    await using fake = await FakeEngine.start({
      "GET /events": (request: IncomingMessage, response: ServerResponse) => {
        if (request.url?.includes("nonsense")) sendError(response, 400, "invalid filter 'nonsense'");
        else response.write(line("a", "5"));
      },
    });
    await using engine = await fake.connect();
    await rejects(engine.events({ filters: { nonsense: ["x"] } }).next(), InvalidParameter);
    const controller = new AbortController();
    const reason = new Error("enough");
    let count = 0;
    await rejects(async () => {
      for await (const _ of engine.events({ signal: controller.signal })) {
        count++;
        controller.abort(reason);
      }
    }, reason);
    equal(count, 1);
  });
});
