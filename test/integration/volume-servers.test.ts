/** Volumes on servers of NFS, where the kernel is one, and of CIFS, where there is a Samba; and on those that refuse or do not answer. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine } from "../../sdk/index.ts";
import { TestDaemon } from "../support/daemon.ts";
import { docker, dockerOk, needsDocker, skipAloud } from "../support/docker-cli.ts";
import { mountsBelow } from "../support/leak-guard.ts";
import { NfsServer } from "../support/nfs-server.ts";
import { SmbServer } from "../support/smb-server.ts";

const RUN = ["run", "--rm", "--network", "none"] as const;

describe("volumes on servers", () => {
  let daemon: TestDaemon;
  let folder: string;
  let server: NfsServer | undefined;

  before(needsDocker);
  before(async function () {
    folder = mkdtempSync(join(tmpdir(), "slipway-nfs-"));
    daemon = await TestDaemon.start();
    server = await NfsServer.serve(daemon.netns, folder);
    if (server === undefined) skipAloud(this, "this kernel has no NFS server");
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  const create = (name: string, device: string, o: string, type = "nfs"): Promise<string> =>
    dockerOk(daemon, "volume", "create", "-o", `type=${type}`, "-o", `device=${device}`, "-o", `o=${o}`, name);

  it("is mounted from a server that a name stands for, while containers have it, and over the daemon's death", async () => {
    writeFileSync(join(folder, "there"), "from the server");
    await create("far", ":/", "addr=localhost,vers=4.2,rw");
    equal(await dockerOk(daemon, ...RUN, "-v", "far:/v", "busybox", "cat", "/v/there"), "from the server");
    deepEqual(mountsBelow(join(daemon.root, "data/volumes")), []);
    await dockerOk(daemon, "run", "-d", "--name", "user", "-v", "far:/v", "busybox", "sleep", "1000");
    match(
      await dockerOk(daemon, "exec", "user", "grep", " /v ", "/proc/mounts"),
      /^:\/ \/v nfs4 rw,.*addr=127\.0\.0\.1/,
    );
    await dockerOk(daemon, "exec", "user", "sh", "-c", "echo back >/v/here");
    equal(readFileSync(join(folder, "here"), "utf8"), "back\n");
    await daemon.kill();
    await daemon.launch();
    equal(await dockerOk(daemon, ...RUN, "-v", "far:/v", "busybox", "cat", "/v/here"), "back");
    equal(mountsBelow(join(daemon.root, "data/volumes")).length, 1);
    await dockerOk(daemon, "rm", "-f", "user");
    deepEqual(mountsBelow(join(daemon.root, "data/volumes")), []);
    await dockerOk(daemon, "volume", "rm", "far");
    equal(readFileSync(join(folder, "there"), "utf8"), "from the server");
  });

  it("CIFS: with a name and a password, files both ways, and a wrong password is told at start", async function () {
    await using samba = await SmbServer.serve(daemon.netns, folder);
    if (samba === undefined) skipAloud(this, "no CIFS in this kernel, or no smbd");
    const { user, password } = samba;
    writeFileSync(join(folder, "smb"), "from Samba");
    await create("smb", "//localhost/share", `username=${user},password=${password},vers=3.0`, "cifs");
    equal(await dockerOk(daemon, ...RUN, "-v", "smb:/v", "busybox", "cat", "/v/smb"), "from Samba");
    await dockerOk(daemon, ...RUN, "-v", "smb:/v", "busybox", "sh", "-c", "echo back >/v/back");
    equal(readFileSync(join(folder, "back"), "utf8"), "back\n");
    match(
      await dockerOk(daemon, ...RUN, "-v", "smb:/v:ro", "busybox", "grep", " /v ", "/proc/mounts"),
      /^\/\/localhost\/share \/v cifs ro,.*addr=127\.0\.0\.1/,
    );
    await create("wrong", "//localhost/share", `username=${user},password=other,vers=3.0`, "cifs");
    const { code, stderr } = await docker(daemon, [...RUN, "-v", "wrong:/v", "busybox", "true"]);
    // The CLI's own, for whatever says "permission denied".
    equal(code, 126);
    match(stderr, /failed to mount local volume: mount \/\/localhost\/share:.*permission denied/i);
    ok(!stderr.includes("other"), stderr);
    deepEqual(mountsBelow(join(daemon.root, "data/volumes")), []);
    await dockerOk(daemon, "volume", "rm", "smb", "wrong");
  });

  it("the device may name the server; the SDK reads its files while nothing has it", async () => {
    await create("named", "localhost:/", "vers=4.2");
    await using engine = await Engine.connect({ host: `unix://${daemon.socket}` });
    const volume = await engine.volumes.get("named");
    await volume.fs.writeFile("by-sdk", "1");
    equal(readFileSync(join(folder, "by-sdk"), "utf8"), "1");
    deepEqual(mountsBelow(join(daemon.root, "data/volumes")), []);
  });

  for (const [type, device, o] of [
    ["nfs", ":/", "addr=127.0.0.1,port=1,vers=4.2"],
    ["cifs", "//localhost/share", "username=u,password=p"],
  ] as const)
    it(`a server of ${type} that refuses is told at start, and nothing is half made`, async () => {
      await create(`refused-${type}`, device, o, type);
      const { code, stderr } = await docker(daemon, [...RUN, "-v", `refused-${type}:/v`, "busybox", "true"]);
      equal(code, 125);
      match(stderr, /error while mounting volume '.*\/refused-.*\/_data': failed to mount local volume: mount /);
      ok(stderr.includes(`mount ${device}:`) && /connection refused/i.test(stderr), stderr);
      equal(await dockerOk(daemon, "ps", "-aq"), "");
      deepEqual(mountsBelow(join(daemon.root, "data/volumes")), []);
    });

  it("one that does not answer holds nothing but its own container", async () => {
    // The server of another machine that is gone: no route refuses, and nobody answers.
    await daemon.inNetns("ip", "link", "add", "nowhere", "type", "dummy");
    await daemon.inNetns("ip", "addr", "add", "10.99.0.1/24", "dev", "nowhere");
    await daemon.inNetns("ip", "link", "set", "nowhere", "up");
    await daemon.inNetns("ip", "neigh", "add", "10.99.0.2", "lladdr", "02:00:00:00:00:02", "dev", "nowhere");
    await create("silent", ":/", "addr=10.99.0.2,vers=4.2,soft,timeo=50,retrans=1");
    const stuck = docker(daemon, [...RUN, "--name", "stuck", "-v", "silent:/v", "busybox", "true"]);
    const started = performance.now();
    equal(await dockerOk(daemon, ...RUN, "-v", "other:/v", "busybox", "echo", "goes on"), "goes on");
    await dockerOk(daemon, "volume", "ls");
    await dockerOk(daemon, "ps", "-a");
    ok(performance.now() - started < 60_000);
    const { code, stderr } = await stuck;
    equal(code, 125);
    match(stderr, /failed to mount local volume: mount :\/:/);
    await daemon.inNetns("ip", "link", "del", "nowhere");
  });
});
