import { deepEqual, equal, throws } from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { DatagramBatch, encodePeer } from "../../../daemon/linux/datagrams.ts";
import { openPortSocket } from "../../../daemon/linux/port-socket.ts";

const LOOPBACK = "127.0.0.1";
const SIZE = 32;

describe("DatagramBatch", () => {
  let server: { readonly fd: number; readonly port: number };
  let batch: DatagramBatch;
  let askers: Socket[];
  beforeEach(async () => {
    server = openPortSocket({ protocol: "udp", address: Uint8Array.of(127, 0, 0, 1), port: 0, accepts: false });
    batch = new DatagramBatch(3, SIZE);
    askers = await Promise.all(
      [0, 1].map(async () => {
        const socket = createSocket("udp4").bind(0, LOOPBACK);
        await once(socket, "listening");
        return socket;
      }),
    );
  });
  afterEach(() => {
    for (const socket of askers) socket.close();
    batch[Symbol.dispose]();
    closeSync(server.fd);
  });

  /** Sent when this is settled: over loopback they have arrived then. */
  const ask = (asker: number, text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      askers[asker]?.send(text, server.port, LOOPBACK, (error) => (error === null ? resolve() : reject(error)));
    });
  const heard = (asker: number): string[] => {
    const texts: string[] = [];
    askers[asker]?.on("message", (message) => texts.push(message.toString()));
    return texts;
  };
  const exchange = (answerOf: (text: string) => string | undefined): boolean =>
    batch.exchange(server.fd, (bytes, length) => {
      const answer = answerOf(bytes.toString("latin1", 0, length));
      return answer === undefined ? undefined : Buffer.from(answer);
    });
  const last = async (asker: number): Promise<void> => {
    const ended = new Promise<void>((resolve) => {
      askers[asker]?.on("message", (message) => void (message.toString() === "end" && resolve()));
    });
    batch.put(server.fd, Buffer.from("end"), encodePeer(LOOPBACK, askers[asker]?.address().port ?? 0));
    batch.send(server.fd);
    await ended;
  };

  it("answers more than it has room for, each to who asked, in order", async () => {
    const all = [heard(0), heard(1)];
    for (let n = 0; n < 8; n++) await ask(n % 2, `${n}`);
    let calls = 0;
    while (exchange((text) => `to ${text}`)) calls++;
    equal(calls, 3);
    await Promise.all([last(0), last(1)]);
    deepEqual(all, [
      ["to 0", "to 2", "to 4", "to 6", "end"],
      ["to 1", "to 3", "to 5", "to 7", "end"],
    ]);
  });

  it("an answer that waits goes before those of what is taken, and not every question has one", async () => {
    const texts = heard(0);
    for (const text of ["a", "nothing", "c"]) await ask(0, text);
    batch.put(server.fd, Buffer.from("first"), encodePeer(LOOPBACK, askers[0]?.address().port ?? 0));
    while (exchange((text) => (text === "nothing" ? undefined : text)));
    await last(0);
    deepEqual(texts, ["first", "a", "c", "end"]);
  });

  it("has the whole room for a datagram where a short answer was, and cuts off what is longer", async () => {
    const seen: string[] = [];
    await ask(0, "short");
    exchange(() => "!");
    await ask(0, "x".repeat(SIZE + 1));
    exchange((text) => {
      seen.push(text);
      return undefined;
    });
    deepEqual(seen, ["x".repeat(SIZE)]);
  });

  it("what waits goes out when an answer cannot be made", async () => {
    const texts = heard(0);
    for (const text of ["a", "bad", "c"]) await ask(0, text);
    const answer = (text: string): string => {
      if (text === "bad") throw new Error(text);
      return text;
    };
    throws(() => exchange(answer), /bad/);
    await last(0);
    deepEqual(texts, ["a", "end"]);
  });

  it("sends an answer that is longer than its room, and one behind another that cannot be sent", async () => {
    const texts = heard(0);
    const port = askers[0]?.address().port ?? 0;
    // Port 0 is nobody's: EINVAL.
    for (const to of [0, port, 0, port])
      batch.put(server.fd, Buffer.from(`to ${to === 0 ? "nobody" : "you"}`), encodePeer(LOOPBACK, to));
    batch.send(server.fd);
    batch.put(server.fd, Buffer.from("y".repeat(SIZE + 1)), encodePeer(LOOPBACK, port));
    await last(0);
    deepEqual(texts, ["to you", "to you", "y".repeat(SIZE + 1), "end"]);
  });
});
