/** Volumes of real containers, seen from inside. What is Docker's own holds for dockerd too. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, symlinkSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Conflict, Engine, InvalidParameter, NotFound } from "../../sdk/index.ts";
import type { TestDaemon } from "../support/daemon.ts";
import { DataDaemon, RUN } from "../support/data-image.ts";
import { needsDocker } from "../support/docker-cli.ts";
import { mountsBelow } from "../support/leak-guard.ts";

describe("volumes", function () {
  this.timeout(90_000);
  let data: DataDaemon;
  let daemon: TestDaemon;
  let folder: string;
  before(needsDocker);
  before(async () => {
    data = await DataDaemon.start();
    ({ daemon, folder } = data);
  });
  after(async () => await data?.[Symbol.asyncDispose]());

  const cli: DataDaemon["cli"] = (...args) => data.cli(...args);
  const inside: DataDaemon["inside"] = (...args) => data.inside(...args);
  const refusal: DataDaemon["refusal"] = (...args) => data.refusal(...args);

  it("a volume with options is mounted while a container has it, and kept over the daemon's death", async () => {
    await cli("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m,uid=5", "opts");
    await cli(
      "run",
      "-d",
      "--name",
      "one",
      "--network",
      "none",
      "-v",
      "opts:/v",
      "busybox",
      "sh",
      "-c",
      "echo kept >/v/f; sleep 1000",
    );
    await cli("run", "-d", "--name", "two", "--network", "none", "-v", "opts:/v", "busybox", "sleep", "1000");
    match(await cli("exec", "two", "grep", " /v ", "/proc/mounts"), /^tmpfs \/v tmpfs rw,relatime,size=1024k,uid=5/);
    await daemon.kill();
    await daemon.launch();
    await cli("rm", "-f", "one");
    equal(await inside("-v", "opts:/v", "busybox", "cat", "/v/f"), "kept");
    await cli("rm", "-f", "two");
    deepEqual(mountsBelow(join(daemon.root, "data/volumes")), []);
    await cli("volume", "rm", "opts");
  });

  it("what cannot be mounted is told at start, and nothing is half made", async () => {
    await cli("volume", "create", "-o", "type=none", "-o", "device=/nonexistent", "-o", "o=bind", "broken");
    match(
      await refusal(...RUN, "-v", "broken:/v", "busybox", "true"),
      /error while mounting volume '.*\/broken\/_data': failed to mount local volume: .*no such file or directory/,
    );
    await cli("volume", "create", "-o", "type=nfs", "-o", "device=no-such-host.invalid:/x", "nfs");
    match(await refusal(...RUN, "-v", "nfs:/v", "busybox", "true"), /error resolving passed in network volume address/);
    equal(await cli("ps", "-aq"), "");
    deepEqual(mountsBelow(join(daemon.root, "data/volumes")), []);
    await cli("volume", "rm", "broken", "nfs");
  });

  it("content is copied up with owners once, and not with nocopy", async () => {
    const owners = "stat -c '%u:%g %n' /data /data/deep/file; cat /data/deep/file";
    const expected = "33:33 /data\n33:34 /data/deep/file\nfrom the image";
    equal(await inside("-v", "filled:/data", "with-data:1", "sh", "-c", owners), expected);
    await inside("-v", "filled:/data", "with-data:1", "rm", "-r", "/data/deep");
    equal(await inside("-v", "filled:/elsewhere", "-v", "/data/deep", "with-data:1", "ls", "/elsewhere"), "");
    equal(await inside("--mount", "type=volume,src=empty,dst=/data,volume-nocopy", "with-data:1", "ls", "/data"), "");
    await cli("volume", "rm", "filled", "empty");
  });

  it("prune takes what nothing uses: anonymous ones, or all, by label", async () => {
    await cli("volume", "create", "--label", "keep=no", "named");
    await cli("volume", "create", "kept");
    const anonymous = await cli("volume", "create");
    match(await cli("volume", "prune", "-f"), new RegExp(`^Deleted Volumes:\n${anonymous}\n`));
    match(await cli("volume", "prune", "-af", "--filter", "label=keep=no"), /^Deleted Volumes:\nnamed\n/);
    equal(await cli("volume", "ls", "-q"), "kept");
    match(await refusal("volume", "prune", "-f", "--filter", "all=foo"), /invalid filter 'all'/);
    equal((await daemon.api("POST", "/v1.41/volumes/prune")).text.includes('"kept"'), true);
  });

  it("inspect, list filters and df tell what is so", async () => {
    await cli("volume", "create", "--label", "a=b", "seen");
    await cli("create", "--name", "user", "-v", "seen:/v", "-v", "/anon", "busybox");
    await daemon.api("PUT", "/slipway/volumes/seen/fs?path=/five", { body: Buffer.from("12345") });
    equal(
      await cli("volume", "inspect", "-f", "{{.Name}} {{.Driver}} {{.Scope}} {{.Labels.a}} {{.Options}}", "seen"),
      "seen local local b map[]",
    );
    for (const [filter, expected] of [
      ["name=een", "seen"],
      ["label=a=b", "seen"],
      ["driver=other", ""],
      ["dangling=true", ""],
    ] as const)
      equal(await cli("volume", "ls", "-q", "--filter", filter), expected, filter);
    match(await refusal("volume", "ls", "--filter", "dangling=foo"), /invalid filter 'dangling=\[foo\]'/);
    const df = await daemon.call<{ Volumes: { Name: string; UsageData: unknown }[] }>("GET", "/system/df");
    deepEqual(df.Volumes.find(({ Name }) => Name === "seen")?.UsageData, { Size: 5, RefCount: 1 });
    const { LayersSize, Images, Containers } = await daemon.call<Record<string, unknown>>(
      "GET",
      "/system/df?type=volume",
    );
    deepEqual({ LayersSize, Images, Containers }, { LayersSize: 0, Images: null, Containers: null });
    match(await refusal("volume", "rm", "seen"), /remove seen: volume is in use - \[[0-9a-f]{64}\]/);
    await cli("rm", "-v", "user");
    equal(await cli("volume", "ls", "-q"), "seen");
    await cli("volume", "rm", "seen");
  });

  it("events tell what becomes of a volume", async () => {
    const since = Date.now() / 1000;
    await inside("-v", "told:/v:ro", "busybox", "true");
    await cli("volume", "rm", "told");
    const { text } = await daemon.api(
      "GET",
      `/events?since=${since}&until=${Date.now() / 1000 + 1}&filters={"type":["volume"]}`,
    );
    const events = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { Action: string; Actor: { ID: string; Attributes: object } });
    deepEqual(
      events.map(({ Action, Actor }) => `${Action} ${Actor.ID}`),
      ["create told", "mount told", "unmount told", "destroy told"],
    );
    match(JSON.stringify(events[1]?.Actor.Attributes), /"destination":"\/v".*"read\/write":"false"/);
  });

  it("POST /volumes/create is idempotent", async () => {
    const create = (body: object): Promise<{ CreatedAt: string; Options: unknown }> =>
      daemon.call("POST", "/volumes/create", { body });
    const first = await create({ Name: "twice" });
    deepEqual(await create({ Name: "twice", Labels: { a: "b" } }), first);
    await cli("volume", "rm", "twice");
  });

  const refused: readonly (readonly [title: string, status: number, body: object, words: RegExp])[] = [
    [
      "a name that climbs",
      400,
      { Name: "../evil" },
      /create \.\.\/evil: ".*" includes invalid characters for a local volume name/,
    ],
    ["a name of one character", 400, { Name: "a" }, /volume name is too short/],
    ["an unknown option", 400, { Name: "bad", DriverOpts: { foo: "x" } }, /create bad: invalid option: "foo"/],
    [
      "a type without a device",
      400,
      { Name: "bad", DriverOpts: { type: "tmpfs" } },
      /missing required option: "device"/,
    ],
    ["a quota", 400, { Name: "bad", DriverOpts: { size: "1m" } }, /quota size requested but no quota support/],
    [
      "another driver",
      404,
      { Name: "bad", Driver: "foo" },
      /error looking up volume plugin foo: plugin "foo" not found/,
    ],
  ];
  for (const [title, status, body, words] of refused) {
    it(`POST /volumes/create refuses ${title}`, async () => {
      const answer = await daemon.api("POST", "/volumes/create", { body });
      equal(answer.status, status);
      match((JSON.parse(answer.text) as { message: string }).message, words);
      equal((await daemon.api("GET", "/volumes/bad")).status, 404);
    });
  }

  it("the files of a volume are seen and changed from outside, used or not, and go out and in as tar", async () => {
    await cli("run", "-d", "--name", "files", "--network", "none", "-v", "vol:/v", "busybox", "sleep", "1000");
    equal((await daemon.api("POST", "/slipway/volumes/vol/fs/mkdir?path=/a/b&parents=1")).status, 201);
    equal(
      (
        await daemon.api("PUT", "/slipway/volumes/vol/fs?path=/a/b/f&mode=0600&uid=7", {
          body: Buffer.from("hello world"),
        })
      ).status,
      200,
    );
    equal(
      await cli("exec", "files", "sh", "-c", "cat /v/a/b/f; stat -c ' %a %u' /v/a/b/f; ln -s /etc /v/out"),
      "hello world 600 7",
    );
    const part = await daemon.api("GET", "/slipway/volumes/vol/fs?path=/a/b/f", { headers: { range: "bytes=6-" } });
    deepEqual([part.status, part.text, part.headers["content-range"]], [206, "world", "bytes 6-10/11"]);
    equal((await daemon.api("GET", "/slipway/volumes/vol/fs?path=/out/passwd")).status, 404);
    equal((await daemon.api("POST", "/slipway/volumes/vol/fs/rename?from=/a/b/f&to=/a/f")).status, 204);
    await cli("rm", "-f", "files");
    const names: string[] = [];
    for await (const line of daemon.lines("/slipway/volumes/vol/fs?path=/&list=1"))
      names.push((JSON.parse(line) as { Name: string }).Name);
    deepEqual(names.sort(), ["a", "out"]);
    const archive = join(folder, "export.tar");
    execFileSync("curl", ["-sf", "--unix-socket", daemon.socket, "http://d/slipway/volumes/vol/export", "-o", archive]);
    await cli("volume", "create", "copy");
    execFileSync("curl", [
      "-sf",
      "--unix-socket",
      daemon.socket,
      "-T",
      archive,
      "http://d/slipway/volumes/copy/import",
    ]);
    equal(
      await inside("-v", "copy:/v", "busybox", "sh", "-c", "cat /v/a/f; stat -c ' %a %u' /v/a/f; readlink /v/out"),
      "hello world 600 7\n/etc",
    );
    const unused = ["--filter", "dangling=true", "-q"];
    equal(await cli("volume", "ls", ...unused), "copy\nvol");
    await cli("volume", "rm", "copy", "vol");
  });

  it("the SDK has the files of a volume, and copies one into another", async () => {
    await using engine = await Engine.connect({ env: { ...daemon.env, HOME: daemon.root } });
    await using volume = await engine.volumes.create({ name: "sdk" });
    await using other = await engine.volumes.create();
    await volume.fs.mkdir("/a/b", { parents: true });
    const written = await volume.fs.writeFile("/a/b/f", "hello world", { mode: 0o600, uid: 7 });
    deepEqual([written.name, written.size, written.mode, written.uid], ["f", 11, 0o600, 7]);
    equal((await volume.fs.readFile("/a/b/f", { start: 6, end: 8 })).toString(), "wor");
    await volume.fs.rename("/a/b/f", "/f");
    await rejects(volume.fs.rename("/f", "/a"), Conflict);
    await rejects(volume.fs.stat("/a/b/f"), NotFound);
    await volume.fs.remove("/a", { recursive: true });
    await other.import(await volume.export());
    deepEqual(
      (await other.fs.list()).map(({ name, type }) => `${name} ${type}`),
      ["f file"],
    );
    await rejects(other.import(Buffer.from("no archive")), InvalidParameter);
  });

  it("a change of its files is answered when the volume is let go", async () => {
    await using engine = await Engine.connect({ host: `unix://${daemon.socket}` });
    await using volume = await engine.volumes.create({ driverOptions: { type: "tmpfs", device: "tmpfs" } });
    for (let change = 0; change < 20; change++) {
      await volume.fs.mkdir("/d");
      deepEqual(mountsBelow(join(daemon.root, "data/volumes")), []);
    }
  });

  it("a removal that is cut by the daemon's death is finished by the next one", async () => {
    const data = (
      await cli("volume", "inspect", "-f", "{{.Mountpoint}}", await cli("volume", "create", "large"))
    ).trim();
    writeFileSync(join(data, "first"), "");
    // Names enough for a worker: it is still at it when the daemon dies.
    execFileSync("sh", [
      "-c",
      `cd ${data} && for d in $(seq 12); do mkdir d$d; (cd d$d && seq 1000 | xargs touch); done`,
    ]);
    symlinkSync(folder, join(data, "link"));
    const before = process.hrtime.bigint();
    await cli("volume", "rm", "large");
    ok(process.hrtime.bigint() - before < 3_000_000_000n, "the removal was waited for");
    await daemon.kill();
    equal(existsSync(data), false);
    await daemon.launch();
    equal((await daemon.api("GET", "/volumes/large")).status, 404);
    await emptied(join(daemon.root, "data/trash/volumes"));
    ok(readFileSync(join(folder, "image.tar")).length > 0, "what a link leads to is not the volume's");
  });
});

/** Resolves when there is nothing in the folder any more. */
async function emptied(folder: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (readdirSync(folder).length === 0) resolve();
  };
  const watcher = watch(folder, look);
  look();
  await promise;
  watcher.close();
}
