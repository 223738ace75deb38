import assert from "node:assert/strict";
import { volumeFilter, pruneFilter } from "../../../daemon/engine/volumes/filters.ts";
import { volumesFrom } from "../../../daemon/engine/volumes/volumes-from.ts";
import { EngineError } from "../../../daemon/base/errors.ts";
import type { Container, MountSpec, ResolvedMount } from "../../../daemon/engine/model/container.ts";
import type { Volume } from "../../../daemon/engine/services.ts";

function volume(name: string, labels: Readonly<Record<string, string>> = {}, anonymous = false): Volume {
  return { name, driver: "local", mountpoint: `/v/${name}`, createdAt: "", labels, options: {}, anonymous };
}

const VOLUMES = [volume("data", { a: "b" }), volume("used", { a: "c" }), volume("anon", {}, true)];
const filters = (entries: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, readonly string[]> =>
  new Map(Object.entries(entries));
const names = (chosen: readonly Volume[]): readonly string[] => chosen.map(({ name }) => name);

describe("volumeFilter", () => {
  const cases: readonly (readonly [Readonly<Record<string, readonly string[]>>, readonly string[]])[] = [
    [{}, ["data", "used", "anon"]],
    [{ name: ["a"] }, ["data", "anon"]],
    [{ name: ["us", "an"] }, ["used", "anon"]],
    [{ label: ["a"] }, ["data", "used"]],
    [{ label: ["a=b"] }, ["data"]],
    [{ label: ["a", "a=c"] }, ["used"]],
    [{ driver: ["local"] }, ["data", "used", "anon"]],
    [{ driver: ["other"] }, []],
    [{ dangling: ["true"] }, ["data", "anon"]],
    [{ dangling: ["0"] }, ["used"]],
  ];
  for (const [given, expected] of cases) {
    it(JSON.stringify(given), () =>
      assert.deepEqual(names(VOLUMES.filter(volumeFilter(filters(given), (name) => name === "used"))), expected),
    );
  }

  it("refuses a dangling that is no truth", () =>
    assert.throws(() => volumeFilter(filters({ dangling: ["foo"] }), () => false), {
      kind: "InvalidParameter",
      message: "invalid filter 'dangling=[foo]'",
    }));
});

describe("pruneFilter", () => {
  const cases: readonly (readonly [Readonly<Record<string, readonly string[]>>, readonly string[]])[] = [
    [{}, ["anon"]],
    [{ all: ["true"] }, ["data", "used", "anon"]],
    [{ all: ["1"], label: ["a=b"] }, ["data"]],
    [{ all: ["1"], "label!": ["a"] }, ["anon"]],
    [{ all: ["false"] }, ["anon"]],
  ];
  for (const [given, expected] of cases) {
    it(JSON.stringify(given), () => assert.deepEqual(names(VOLUMES.filter(pruneFilter(filters(given)))), expected));
  }

  it("refuses an all that is no truth", () =>
    assert.throws(() => pruneFilter(filters({ all: ["foo"] })), {
      message: `invalid filter 'all': strconv.ParseBool: parsing "foo": invalid syntax`,
    }));
});

describe("volumesFrom", () => {
  const common = { labels: {}, driver: "local", driverOpts: {}, subpath: "", noCopy: false };
  const specs: readonly MountSpec[] = [
    { type: "volume", name: "", target: "/anon", readOnly: false, ...common },
    { type: "volume", name: "data", target: "/data", readOnly: true, ...common },
    { type: "tmpfs", target: "/tm", readOnly: false, options: [] },
    { type: "tmpfs", target: "/own", readOnly: false, options: [], short: true },
  ];
  const mounted = (type: ResolvedMount["type"], target: string, more: Partial<ResolvedMount> = {}): ResolvedMount => ({
    ...{ type, target, source: "", mode: "", readWrite: true, propagation: "", anonymous: false },
    ...more,
  });
  const container = {
    spec: { host: { mounts: specs } },
    mounts: [
      mounted("volume", "/anon", { name: "4711", anonymous: true }),
      mounted("volume", "/data", { name: "data", readWrite: false }),
      mounted("tmpfs", "/tm"),
      mounted("tmpfs", "/own"),
    ],
  } as unknown as Container;
  const resolve = (ref: string): Container => {
    if (ref === "from") return container;
    throw new EngineError("NotFound", `No such container: ${ref}`);
  };
  const taken = (entry: string): readonly string[] =>
    volumesFrom([entry], resolve).map((mount) => {
      const name = mount.type === "volume" ? ` ${mount.name}${mount.anonymous === true ? " anonymous" : ""}` : "";
      return `${mount.target} ${mount.readOnly ? "ro" : "rw"}${name}`;
    });

  it("takes volumes by the names that they have, and no --tmpfs", () =>
    assert.deepEqual(taken("from"), ["/anon rw 4711 anonymous", "/data ro data", "/tm rw"]));

  it("makes all read-only, and nothing writable that was not", () => {
    assert.deepEqual(taken("from:ro"), ["/anon ro 4711 anonymous", "/data ro data", "/tm ro"]);
    assert.deepEqual(taken("from:rw"), taken("from"));
  });

  const refused: readonly (readonly [string, string])[] = [
    ["", "volumes-from specification cannot be an empty string"],
    ["from:zz", "invalid mode: zz"],
    ["none", "No such container: none"],
  ];
  for (const [entry, message] of refused) {
    it(`refuses ${JSON.stringify(entry)}`, () =>
      assert.throws(() => taken(entry), { kind: "InvalidParameter", message }));
  }
});
