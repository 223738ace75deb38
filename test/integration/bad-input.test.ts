/** Bad input gets a clear 4xx and changes nothing. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { busyboxLayer, dockerArchive, sha256 } from "../support/busybox-image.ts";
import { TestDaemon } from "../support/daemon.ts";
import type { ApiRequest } from "../support/http.ts";
import { output } from "../support/process.ts";
import { engineState, itRefuses, type Refusal } from "../support/refusals.ts";
import { tarArchive, type TarEntry } from "../support/tar.ts";

const CREATE = "/containers/create";
const json = (text: string): ApiRequest => ({ body: text, headers: { "content-type": "application/json" } });
const busybox = (more: Readonly<Record<string, unknown>>): ApiRequest => ({ body: { Image: "busybox", ...more } });

const REQUESTS: readonly Refusal[] = [
  ["broken JSON", "POST", CREATE, json('{"Image": '), 400, /JSON|EOF|unexpected/i],
  ["an empty body", "POST", CREATE, json(""), 400, /./],
  ["a number where a name belongs", "POST", CREATE, json('{"Image": 7}'), 400, /./],
  ["an unknown image", "POST", CREATE, json('{"Image": "nope:1"}'), 404, /^No such image: nope:1$/],
  ["no image at all", "POST", CREATE, json("{}"), 400, /./],
  ["a bad container name", "POST", `${CREATE}?name=-bad%2Fname`, busybox({}), 400, /Invalid container name/],
  ["a memory limit below 6 MB", "POST", CREATE, busybox({ HostConfig: { Memory: 1000 } }), 400, /[Mm]inimum memory/],
  ["a bind of a relative path", "POST", CREATE, busybox({ HostConfig: { Binds: ["../x:/y"] } }), 400, /./],
  ["a bind to a relative path", "POST", CREATE, busybox({ HostConfig: { Binds: ["/tmp:y"] } }), 400, /./],
  ["an unknown restart policy", "POST", CREATE, busybox({ HostConfig: { RestartPolicy: { Name: "x" } } }), 400, /./],
  ["an unknown container", "GET", "/containers/nope/json", {}, 404, /^No such container: nope$/],
  ["a start of an unknown container", "POST", "/containers/nope/start", {}, 404, /^No such container: nope$/],
  [
    "an exec in an unknown container",
    "POST",
    "/containers/nope/exec",
    json('{"Cmd":["true"]}'),
    404,
    /No such container: nope/,
  ],
  ["an unknown exec", "GET", "/exec/nope/json", {}, 404, /^No such exec instance: nope$/],
  ["an unknown image to inspect", "GET", "/images/nope/json", {}, 404, /No such image: nope/],
  ["an unknown image to remove", "DELETE", "/images/nope", {}, 404, /No such image: nope/],
  ["a tag that is none", "POST", "/images/busybox/tag?repo=UPPER%20case&tag=1", {}, 400, /invalid reference format/],
  ["a pull of a name that is none", "POST", "/images/create?fromImage=a%20b", {}, 400, /invalid reference format/],
  ["an unknown volume", "GET", "/volumes/nope", {}, 404, /nope/],
  ["an unknown network", "GET", "/networks/nope", {}, 404, /network nope not found/],
  ["a filter that is no JSON", "GET", "/containers/json?filters=%7Bx", {}, 400, /./],
  [
    "a filter that is unknown",
    "GET",
    "/containers/json?filters=%7B%22x%22%3A%5B%22y%22%5D%7D",
    {},
    400,
    /invalid filter 'x'/,
  ],
  ["a future API version", "GET", "/v9.99/containers/json", {}, 400, /version/],
  ["an unknown path", "GET", "/nothing/here", {}, 404, /^page not found$/],
];

const big = 10 * 1024 ** 3;
const layerOf = (...entries: readonly TarEntry[]): Buffer => tarArchive(entries);
const good = layerOf({ name: "file", data: "good" });
const archiveOf = (layer: Buffer): Buffer => dockerArchive("bad:latest", [layer]);

const ARCHIVES: readonly (readonly [title: string, archive: () => Buffer])[] = [
  ["garbage", () => randomBytes(100_000)],
  ["an archive that is no image", () => tarArchive([{ name: "hello", data: "world" }])],
  [
    "a layer that does not match its digest",
    () => dockerArchive("bad:latest", [good], { diffIds: [`sha256:${"1".repeat(64)}`] }),
  ],
  ["more layers than digests", () => dockerArchive("bad:latest", [good, good], { diffIds: [sha256(good)] })],
  ["a cut archive", () => archiveOf(layerOf({ name: "file", data: randomBytes(1 << 20) })).subarray(0, 400_000)],
  ["a header that claims 10 GB", () => tarArchive([{ name: "manifest.json", data: "[]", claimedSize: big }])],
  ["a layer whose file claims 10 GB", () => archiveOf(layerOf({ name: "file", data: "x", claimedSize: big }))],
  ["a manifest that is not JSON", () => tarArchive([{ name: "manifest.json", data: "[{" }])],
  [
    "a manifest that points outside",
    () =>
      tarArchive([
        { name: "manifest.json", data: '[{"Config":"../../etc/passwd","RepoTags":["bad:latest"],"Layers":[]}]' },
      ]),
  ],
];

/** What climbs out of a layer, told the file that it is after. */
const CLIMBERS: readonly (readonly [title: string, entries: (victim: string) => readonly TarEntry[]])[] = [
  ["`..`", (victim) => [{ name: `${"../".repeat(24)}${victim.slice(1)}`, data: "evil" }]],
  ["an absolute name", (victim) => [{ name: victim, data: "evil" }]],
  [
    "a symbolic link to a folder",
    (victim) => [
      { name: "esc", type: "symlink", link: join(victim, "..") },
      { name: "esc/f", data: "evil" },
    ],
  ],
  [
    "a hard link",
    (victim) => [
      { name: "h", type: "hardlink", link: `${"../".repeat(24)}${victim.slice(1)}` },
      { name: "h", data: "evil" },
    ],
  ],
  [
    "a whiteout behind a link",
    (victim) => [
      { name: "esc", type: "symlink", link: join(victim, "..") },
      { name: "esc/.wh.f", data: "" },
    ],
  ],
  [
    "an opaque whiteout behind a link",
    (victim) => [
      { name: "esc", type: "symlink", link: join(victim, "..") },
      { name: "esc/.wh..wh..opq", data: "" },
    ],
  ],
  ["a whiteout of `..`", () => [{ name: ".wh...", data: "" }]],
];

/** A load is refused by its status or, once its stream has begun, by an error in it. */
async function refusal(daemon: TestDaemon, archive: Buffer): Promise<string> {
  const { status, text, message } = await daemon.api("POST", "/images/load", { body: archive });
  if (status === 200) return /"errorDetail":.*"message":"([^"]+)/.exec(text)?.[1] ?? `no error: ${text}`;
  ok(status >= 400 && status < 500, `status ${status}: ${text}`);
  return message;
}

describe("bad input", function () {
  this.timeout(60_000);
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start();
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
  });

  itRefuses(() => daemon, REQUESTS);

  for (const [title, archive] of ARCHIVES) {
    it(`POST /images/load refuses ${title} and keeps no image`, async () => {
      const before = await engineState(daemon);
      const reason = await refusal(daemon, archive());
      ok(!reason.startsWith("no error"), reason);
      deepEqual(await engineState(daemon), before);
    });
  }

  for (const [title, entries] of CLIMBERS) {
    it(`a layer that climbs out with ${title} touches nothing outside`, async () => {
      const folder = join(daemon.root, "victim");
      const victim = join(folder, "f");
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
      await writeFile(victim, "safe");
      const archive = dockerArchive("climber:latest", [busyboxLayer(), layerOf(...entries(victim))]);
      await daemon.api("POST", "/images/load", { body: archive });
      // Where it was taken in, with the entry confined to the root, a container of it must not reach outside either.
      const created = await daemon.api("POST", CREATE, {
        body: { Image: "climber", Cmd: ["true"], HostConfig: { NetworkMode: "none" } },
      });
      if (created.status === 201) {
        const { Id } = JSON.parse(created.text) as { Id: string };
        await daemon.api("POST", `/containers/${Id}/start`);
        await daemon.api("DELETE", `/containers/${Id}?force=1`);
      }
      equal(await readFile(victim, "utf8"), "safe");
      await daemon.api("DELETE", "/images/climber?force=1");
    });
  }

  it("answers go on after all of it, and the daemon did not grow", async () => {
    equal((await daemon.api("GET", "/_ping")).text, "OK");
    const resident = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${daemon.pid}/status`, "utf8"))?.[1];
    ok(Number(resident) < 400_000, `${resident} kB resident`);
  });
});

describe("a full disk", function () {
  this.timeout(60_000);
  let disk: string;
  let daemon: TestDaemon;
  before(async () => {
    disk = await mkdtemp("/tmp/slipway-disk-");
    await output("mount", ["-t", "tmpfs", "-o", "size=48m", "slipway-test", disk]);
    daemon = await TestDaemon.start({ dataRoot: join(disk, "data") });
  });
  after(async () => {
    try {
      await daemon?.[Symbol.asyncDispose]();
    } finally {
      await output("umount", ["-l", disk]);
      await rm(disk, { recursive: true });
    }
  });

  it("POST /images/load says so, keeps no image, gives the space back, and the next load works", async () => {
    const before = await engineState(daemon);
    const reason = await refusal(daemon, archiveOf(layerOf({ name: "big", data: randomBytes(60 << 20) })));
    match(reason, /no space left on device|ENOSPC/);
    deepEqual(await engineState(daemon), before);
    await daemon.load(dockerArchive("small:latest", [layerOf({ name: "small", data: randomBytes(4 << 20) })]));
  });

  it("a container that fills it ends with its own error, and its removal gives the space back", async () => {
    const script = "cat /dev/zero >/big; echo $?";
    const body = { Image: "busybox", Cmd: ["sh", "-c", script], HostConfig: { NetworkMode: "none" } };
    const { Id } = await daemon.call<{ Id: string }>("POST", CREATE, { body });
    await daemon.call("POST", `/containers/${Id}/start`);
    equal((await daemon.call<{ StatusCode: number }>("POST", `/containers/${Id}/wait`)).StatusCode, 0);
    // What happens is put down all the same, more often than the log is long.
    for (let count = 0; count < 400; count++) await daemon.call("POST", `/containers/${Id}/rename?name=full-${count}`);
    await daemon.call("DELETE", `/containers/${Id}`);
    equal((await daemon.api("GET", "/_ping")).text, "OK");
    await daemon.load(dockerArchive("after:latest", [layerOf({ name: "small", data: randomBytes(4 << 20) })]));
  });
});
