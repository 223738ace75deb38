import { deepEqual, equal } from "node:assert/strict";
import { LogFrames } from "../../../extension/model/log-frames.ts";
import { LineStore, NO_FILTER, withoutEscapes, type Line } from "../../../extension/model/line-store.ts";
import { ObjectStore, type Change } from "../../../extension/model/object-store.ts";
import { PullProgress } from "../../../extension/model/pull-progress.ts";
import { shellCommand } from "../../../extension/model/shells.ts";

const line = (text: string, stream: Line["stream"] = "stdout", time = "2026-01-01T00:00:00Z"): Line => ({
  text,
  stream,
  time,
});

describe("LineStore", () => {
  const texts = (store: LineStore): string[] => store.rows(0, store.count).map(({ text }) => text);

  it("filters by text, expression, stream and time, also what comes later", () => {
    const store = new LineStore();
    store.append([line("GET /a"), line("boom", "stderr"), line("\x1b[31mGET\x1b[0m /b")]);
    store.filter({ ...NO_FILTER, text: "get /b" });
    deepEqual(store.count, 1);
    store.filter({ ...NO_FILTER, text: "/get .[ab]/" });
    store.append([line("get /a again"), line("put")]);
    equal(store.count, 3);
    store.filter({ ...NO_FILTER, stream: "stderr" });
    deepEqual(texts(store), ["boom"]);
    store.filter({ ...NO_FILTER, since: "2027" });
    equal(store.count, 0);
    store.filter(NO_FILTER);
    equal(store.count, 5);
  });

  it("finds forwards and backwards, around the ends", () => {
    const store = new LineStore();
    store.append(["x", "a", "b", "x"].map((text) => line(text)));
    deepEqual(
      [store.find("x", 0, false), store.find("x", 3, false), store.find("x", 0, true), store.find("y", 0, false)],
      [3, 0, 3, -1],
    );
  });

  it("prepends what was before, and drops the oldest beyond its limit", () => {
    const store = new LineStore(10);
    store.append(Array.from({ length: 10 }, (_, index) => line(String(index))));
    store.append([line("10")]);
    deepEqual([store.count, store.dropped, texts(store)[0]], [10, 1, "1"]);
    const early = new LineStore();
    early.append([line("b")]);
    early.prepend([line("a")]);
    deepEqual(texts(early), ["a", "b"]);
  });

  it("takes half a regular expression as text", () => {
    const store = new LineStore();
    store.append([line("a /(/ b"), line("c")]);
    store.filter({ ...NO_FILTER, text: "/(/" });
    equal(store.count, 1);
  });

  it("withoutEscapes leaves what is read", () => {
    equal(withoutEscapes("\x1b]0;title\x07a\x1b[1;38;5;12mb\x1b[K"), "ab");
  });

  it("holds a million lines and filters them in a blink", function () {
    this.timeout(10_000);
    const store = new LineStore();
    store.append(Array.from({ length: 1_000_000 }, (_, index) => line(`line ${index}`)));
    const started = performance.now();
    store.filter({ ...NO_FILTER, text: "99999" });
    equal(store.count, 19);
    equal(performance.now() - started < 2000, true);
  });
});

describe("LogFrames", () => {
  const frame = (stream: number, text: string): Buffer => {
    const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };

  it("cuts frames into lines, wherever the chunks are cut", () => {
    const bytes = Buffer.concat([frame(1, "T1 a\nT2 "), frame(2, "T3 é\n"), frame(1, "b\r\nT4 end")]);
    const wanted = [
      line("a", "stdout", "T1"),
      line("é", "stderr", "T3"),
      line("b", "stdout", "T2"),
      line("end", "stdout", "T4"),
    ];
    for (const size of [1, 3, 7, bytes.length]) {
      const frames = new LogFrames(false);
      const lines: Line[] = [];
      for (let at = 0; at < bytes.length; at += size) lines.push(...frames.push(bytes.subarray(at, at + size)));
      deepEqual([...lines, ...frames.end()], wanted);
    }
  });

  it("takes a terminal's bytes as they come", () => {
    deepEqual(new LogFrames(true).push(Buffer.from("T1 a\r\nT2 b\n")), [
      line("a", "stdout", "T1"),
      line("b", "stdout", "T2"),
    ]);
  });
});

describe("ObjectStore", () => {
  it("tells of what is different, and of nothing else", () => {
    const store = new ObjectStore<{ id: string; value: number }>(({ id }) => id);
    const told: Change[] = [];
    store.onChange((change) => told.push(change));
    store.replace([{ id: "a", value: 1 }]);
    store.replace([{ id: "a", value: 1 }]);
    store.update([{ id: "a", value: 1 }], ["b"]);
    store.update([{ id: "a", value: 2 }]);
    store.replace([{ id: "b", value: 1 }]);
    deepEqual(told, [undefined, new Set(["a"]), new Set(["a", "b"])]);
  });
});

describe("PullProgress", () => {
  it("sums the layers, and does not count the tag as one", () => {
    const progress = new PullProgress();
    progress.take({ kind: "status", id: "latest", status: "Pulling from library/x" });
    progress.take({ kind: "progress", id: "a", status: "Downloading", current: 10, total: 100 });
    progress.take({ kind: "progress", id: "b", status: "Downloading", current: 50, total: 100 });
    deepEqual([progress.text, progress.fraction], ["0/2, 60 B / 200 B", 0.3]);
    progress.take({ kind: "status", id: "a", status: "Download complete" });
    progress.take({ kind: "progress", id: "a", status: "Extracting", current: 1, total: 100 });
    progress.take({ kind: "status", id: "a", status: "Pull complete" });
    deepEqual([progress.text, progress.fraction], ["1/2, 150 B / 200 B", 0.75]);
  });
});

describe("shellCommand", () => {
  it("is the chosen shell, or picks in the container", () => {
    deepEqual(shellCommand({ shell: "/bin/zsh" }), ["/bin/zsh"]);
    equal(shellCommand({})[2]?.startsWith("command -v bash"), true);
  });
});
