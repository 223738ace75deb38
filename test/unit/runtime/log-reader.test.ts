import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLog, type LogLine, type LogReadOptions } from "../../../daemon/runtime/log-reader.ts";

const second = (n: number): string => `2026-01-02T03:04:${String(n).padStart(2, "0")}.000000000Z`;
const nanos = (n: number): bigint => BigInt(Date.parse(second(n))) * 1_000_000n;
const record = (n: number, stream = "stdout"): string =>
  JSON.stringify({ log: `${n}\n`, stream, time: second(n) }) + "\n";
const records = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => record(from + i, (from + i) % 2 === 0 ? "stderr" : "stdout")).join(
    "",
  );

const ALL: LogReadOptions = { stdout: true, stderr: true, follow: false };
const never = new AbortController().signal;

async function numbers(lines: AsyncIterable<LogLine>): Promise<readonly number[]> {
  const out: number[] = [];
  for await (const line of lines) out.push(Number(line.text));
  return out;
}

describe("readLog", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "slipway-log-"));
    path = join(folder, "json.log");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (change: Partial<LogReadOptions> = {}): Promise<readonly number[]> =>
    numbers(readLog(path, { ...ALL, ...change }, never));

  /** Oldest first: 1-3, 4-6, 7-9. */
  const writeRotated = (): void => {
    writeFileSync(`${path}.2`, records(1, 3));
    writeFileSync(`${path}.1`, records(4, 6));
    writeFileSync(path, records(7, 9));
  };

  it("reads rotated files before the present one, whole records alone", async () => {
    writeRotated();
    appendFileSync(path, '{"log":"torn');
    deepStrictEqual(await read(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    writeFileSync(`${path}.tmp`, "noise\n");
    writeFileSync(`${path}.1`, `garbage\n${record(5)}{"log":1}\n`);
    deepStrictEqual(await read(), [1, 2, 3, 5, 7, 8, 9]);
  });

  it("a log that is not there has no lines, followed or not", async () => {
    deepStrictEqual(await read(), []);
    deepStrictEqual(await read({ follow: true, over: Promise.resolve() }), []);
    path = join(folder, "no/such/folder");
    deepStrictEqual(await read({ follow: true, over: Promise.resolve() }), []);
  });

  it("yields stream, time and text as they were written", async () => {
    const line = { log: 'ü "\\\u0000', stream: "stderr", time: second(1) };
    writeFileSync(path, JSON.stringify(line) + "\n");
    const [only] = await Array.fromAsync(readLog(path, ALL, never));
    deepStrictEqual(only, { text: line.log, stream: "stderr", time: second(1) });
  });

  const table: readonly [what: string, Partial<LogReadOptions>, readonly number[]][] = [
    ["tail 0", { tail: 0 }, []],
    ["tail within the present file", { tail: 2 }, [8, 9]],
    ["tail of just the present file", { tail: 3 }, [7, 8, 9]],
    ["tail over two files", { tail: 4 }, [6, 7, 8, 9]],
    ["tail of all", { tail: 9 }, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["tail of more than all", { tail: 100 }, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["stdout", { stderr: false }, [1, 3, 5, 7, 9]],
    ["stderr", { stdout: false }, [2, 4, 6, 8]],
    ["tail counts both streams", { stdout: false, tail: 3 }, [8]],
    ["since", { since: nanos(6) }, [6, 7, 8, 9]],
    ["until", { until: nanos(4) }, [1, 2, 3, 4]],
    ["since and until", { since: nanos(3), until: nanos(4) }, [3, 4]],
    ["since, by a nanosecond", { since: nanos(6) + 1n }, [7, 8, 9]],
    ["tail before since", { since: nanos(2), tail: 3 }, [7, 8, 9]],
  ];
  for (const [what, options, expected] of table)
    it(`selects: ${what}`, async () => {
      writeRotated();
      deepStrictEqual(await read(options), expected);
      deepStrictEqual(await read({ ...options, follow: true, over: Promise.resolve() }), expected);
    });

  it("tail finds lines that are longer than a block", async () => {
    const long = (n: number): string =>
      JSON.stringify({ log: `${n}${" ".repeat(90_000)}\n`, stream: "stdout", time: second(n) }) + "\n";
    writeFileSync(path, [1, 2, 3, 4].map(long).join(""));
    deepStrictEqual(await read({ tail: 2 }), [3, 4]);
  });

  it("follows over any number of rotations, and ends after `over` with the last line", async () => {
    writeFileSync(path, records(1, 2));
    const over = Promise.withResolvers<void>();
    const seen: number[] = [];
    const rotate = (): void => {
      renameSync(`${path}.1`, `${path}.2`);
      renameSync(path, `${path}.1`);
    };
    writeFileSync(`${path}.1`, "");
    for await (const line of readLog(path, { ...ALL, follow: true, over: over.promise }, never)) {
      const n = Number(line.text);
      seen.push(n);
      if (n === 2) appendFileSync(path, record(3));
      if (n === 3) {
        // Twice before the reader looks again, and a last line in each.
        appendFileSync(path, record(4));
        rotate();
        writeFileSync(path, record(5));
        rotate();
        writeFileSync(path, record(6));
      }
      if (n === 6) {
        appendFileSync(path, record(7));
        over.resolve();
      }
    }
    deepStrictEqual(seen, [1, 2, 3, 4, 5, 6, 7]);
  });

  it("follows a log that is not there yet", async () => {
    const over = Promise.withResolvers<void>();
    const lines = readLog(path, { ...ALL, follow: true, over: over.promise }, never);
    const first = lines.next();
    writeFileSync(path, record(1));
    strictEqual(((await first).value as LogLine).text, "1\n");
    over.resolve();
    ok((await lines.next()).done);
  });

  it("follow ends at `until`", async () => {
    writeFileSync(path, record(1));
    const pending = Promise.withResolvers<void>();
    const until = BigInt(Date.now() + 50) * 1_000_000n;
    deepStrictEqual(await read({ follow: true, over: pending.promise, until }), [1]);
  });

  it("rejects with the signal's reason while it waits", async () => {
    const abort = new AbortController();
    writeFileSync(path, record(1));
    const pending = Promise.withResolvers<void>();
    const lines = readLog(path, { ...ALL, follow: true, over: pending.promise }, abort.signal);
    await lines.next();
    const waiting = lines.next();
    abort.abort(new Error("gone"));
    await rejects(waiting, /gone/);
  });

  it("memory does not grow with the log", async function () {
    this.timeout(60_000);
    const block = record(1).repeat(10_000);
    for (let i = 0; i < 40; i++) appendFileSync(path, block);
    const before = process.memoryUsage.rss();
    let count = 0;
    for await (const _ of readLog(path, ALL, never)) count++;
    strictEqual(count, 400_000);
    const grown = process.memoryUsage.rss() - before;
    ok(grown < 80 << 20, `grew by ${grown >> 20} MiB`);
    deepStrictEqual(await read({ tail: 1 }), [1]);
  });
});
