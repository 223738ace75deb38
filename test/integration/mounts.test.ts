/** Mounts of real containers, seen from inside. What is Docker's own holds for dockerd too. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestDaemon } from "../support/daemon.ts";
import { DataDaemon, RUN } from "../support/data-image.ts";
import { needsDocker } from "../support/docker-cli.ts";
import { mountsBelow } from "../support/leak-guard.ts";

describe("mounts", function () {
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

  it("volume-subpath shows a directory or a file, and no link leads out of the volume", async () => {
    const outside = join(folder, "outside");
    mkdirSync(outside, { recursive: true });
    writeFileSync(join(outside, "secret"), "");
    await inside(
      "-v",
      "sub:/v",
      "busybox",
      "sh",
      "-c",
      `mkdir -p /v/a/b; echo deep >/v/a/b/f; ln -s ${outside} /v/out; ln -s a/b /v/in`,
    );
    const at = (subpath: string, ...command: readonly string[]): readonly string[] => [
      ...RUN,
      "--mount",
      `type=volume,src=sub,dst=/q,volume-subpath=${subpath}`,
      "busybox",
      ...command,
    ];
    equal(await cli(...at("a/b", "cat", "/q/f")), "deep");
    equal(await cli(...at("a/b/f", "cat", "/q")), "deep");
    equal(await cli(...at("in", "ls", "/q")), "f");
    match(await refusal(...at("out", "ls", "/q")), /cannot access path .*\/out: lstat .*: no such file or directory/);
    match(await refusal(...at("no/such", "ls", "/q")), /no such file or directory/);
    match(await refusal(...at("../x", "ls", "/q")), /subpath/);
    deepEqual(mountsBelow(join(daemon.root, "exec/mounts")), []);
    await cli("volume", "rm", "sub");
  });

  it("an image is mounted read-only, whole or a part, and stays while a container has it", async () => {
    const mount = "type=image,src=with-data:1,dst=/im";
    match(
      await inside("--mount", mount, "busybox", "sh", "-c", "grep ' /im ' /proc/mounts; cat /im/data/deep/file"),
      /^overlay \/im overlay ro[^]*from the image$/,
    );
    equal(await inside("--mount", `${mount},image-subpath=data/deep`, "busybox", "ls", "/im"), "file");
    await cli("create", "--name", "holder", "--network", "none", "--mount", mount, "busybox", "ls", "/im/data");
    match(await refusal("rmi", "with-data:1"), /is using its referenced image/);
    await daemon.kill();
    await daemon.launch();
    equal(await cli("start", "-a", "holder"), "deep");
    await cli("rm", "holder");
    deepEqual(readdirSync(join(daemon.root, "data/containers-rw")), []);
    const nope = {
      Image: "busybox",
      Cmd: ["true"],
      HostConfig: { Mounts: [{ Type: "image", Source: "nope:1", Target: "/x" }] },
    };
    const answer = await daemon.api("POST", "/containers/create", { body: nope });
    deepEqual([answer.status, answer.message], [404, "No such image: nope:1"]);
  });

  it("--volumes-from takes what a container has, read-only or not", async () => {
    await cli(
      "create",
      "--name",
      "from",
      "-v",
      "shared:/v",
      "-v",
      "/anon",
      "--tmpfs",
      "/own",
      "--mount",
      "type=tmpfs,dst=/tm",
      "busybox",
    );
    const look =
      "echo x >/v/f; echo y >/anon/f; ls -d /v /anon /tm /own 2>/dev/null; grep ' /v ' /proc/mounts | cut -d, -f1";
    match(await inside("--volumes-from", "from", "busybox", "sh", "-c", look), /^\/anon\n\/tm\n\/v\n.* rw$/);
    match(await inside("--volumes-from", "from:ro", "busybox", "sh", "-c", `(${look}) 2>/dev/null`), / ro$/);
    equal(await inside("--volumes-from", "from", "-v", "other:/v", "busybox", "ls", "/v"), "");
    match(await refusal("create", "--volumes-from", "none", "busybox"), /No such container: none/);
    match(await refusal("create", "--volumes-from", "from:zz", "busybox"), /invalid mode: zz/);
    const [anonymous] = (await cli("volume", "ls", "-q", "--filter", "dangling=false"))
      .split("\n")
      .filter((name) => name.length === 64);
    ok(anonymous);
    await cli("rm", "-v", "from");
    equal((await cli("volume", "ls", "-q")).includes(anonymous), false);
    await cli("volume", "rm", "shared", "other");
  });

  it("a read-only bind is so in the mounts below it, unless told otherwise", async () => {
    const below = join(folder, "bind/below");
    mkdirSync(below, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "t", below]);
    try {
      const touch = "touch /b/below/x 2>/dev/null && echo written || echo refused";
      const bind = `type=bind,src=${join(folder, "bind")},dst=/b`;
      equal(await inside("-v", `${join(folder, "bind")}:/b:ro`, "busybox", "sh", "-c", touch), "refused");
      equal(await inside("--mount", `${bind},readonly`, "busybox", "sh", "-c", touch), "refused");
      equal(
        await inside("--mount", `${bind},readonly,bind-recursive=writable`, "busybox", "sh", "-c", touch),
        "written",
      );
      equal(
        await inside(
          "--mount",
          `${bind},readonly,bind-recursive=readonly,bind-propagation=rprivate`,
          "busybox",
          "sh",
          "-c",
          touch,
        ),
        "refused",
      );
      equal(
        await inside(
          "--mount",
          `${bind},bind-recursive=disabled`,
          "busybox",
          "sh",
          "-c",
          "grep -c ' /b/below ' /proc/mounts || true",
        ),
        "0",
      );
    } finally {
      execFileSync("umount", [below]);
    }
  });

  it("mounts flow in with rslave and out with rshared, where the source lets them", async () => {
    const shared = join(folder, "shared");
    mkdirSync(join(shared, "late"), { recursive: true });
    const plain = join(folder, "plain");
    mkdirSync(plain);
    // Under systemd everything is shared.
    execFileSync("mount", ["--bind", plain, plain]);
    execFileSync("mount", ["--make-private", plain]);
    execFileSync("mount", ["--bind", shared, shared]);
    execFileSync("mount", ["--make-shared", shared]);
    try {
      match(
        await refusal(...RUN, "--mount", `type=bind,src=${plain},dst=/p,bind-propagation=rshared`, "busybox", "true"),
        /is mounted on .* but it is not a shared mount/,
      );
      await cli(
        "run",
        "-d",
        "--name",
        "slave",
        "--network",
        "none",
        "--mount",
        `type=bind,src=${shared},dst=/s,bind-propagation=rslave`,
        "busybox",
        "sleep",
        "1000",
      );
      execFileSync("mount", ["-t", "tmpfs", "t", join(shared, "late")]);
      match(await cli("exec", "slave", "grep", " /s/late ", "/proc/mounts"), /^t \/s\/late tmpfs/);
      execFileSync("umount", [join(shared, "late")]);
      await inside(
        "--cap-add",
        "SYS_ADMIN",
        "--security-opt",
        "apparmor=unconfined",
        "--mount",
        `type=bind,src=${shared},dst=/s,bind-propagation=rshared`,
        "busybox",
        "mount",
        "-t",
        "tmpfs",
        "t",
        "/s/late",
      );
      ok(mountsBelow(shared).some((line) => line.endsWith("/late")));
      execFileSync("umount", [join(shared, "late")]);
    } finally {
      await cli("rm", "-f", "slave");
      execFileSync("umount", ["-l", shared]);
      execFileSync("umount", [plain]);
    }
  });

  const refusedMounts: readonly (readonly [title: string, host: object, words: RegExp])[] = [
    [
      "a bind of a missing path",
      { Mounts: [{ Type: "bind", Source: "/nonexistent", Target: "/x" }] },
      /bind source path does not exist: \/nonexistent/,
    ],
    [
      "two mounts at one place",
      { Binds: ["aa:/x"], Mounts: [{ Type: "volume", Source: "bb", Target: "/x/" }] },
      /Duplicate mount point: \/x/,
    ],
    [
      "a subpath that climbs",
      { Mounts: [{ Type: "volume", Source: "aa", Target: "/x", VolumeOptions: { Subpath: "a/../../b" } }] },
      /subpath/,
    ],
    ["an unknown type", { Mounts: [{ Type: "npipe", Source: "aa", Target: "/x" }] }, /mount type unknown/],
    [
      "a bad propagation",
      { Mounts: [{ Type: "bind", Source: "/tmp", Target: "/x", BindOptions: { Propagation: "bogus" } }] },
      /invalid propagation mode: bogus/,
    ],
    [
      "options that exclude each other",
      {
        Mounts: [
          {
            Type: "bind",
            Source: "/tmp",
            Target: "/x",
            ReadOnly: true,
            BindOptions: { ReadOnlyNonRecursive: true, ReadOnlyForceRecursive: true },
          },
        ],
      },
      /ReadOnlyNonRecursive/,
    ],
    ["a name with a slash", { Binds: ["../x:/v"] }, /includes invalid characters for a local volume name/],
  ];
  for (const [title, HostConfig, words] of refusedMounts) {
    it(`POST /containers/create refuses ${title}`, async () => {
      const answer = await daemon.api("POST", "/containers/create", {
        body: { Image: "busybox", Cmd: ["true"], HostConfig },
      });
      equal(answer.status, 400, answer.text);
      match((JSON.parse(answer.text) as { message: string }).message, words);
      deepEqual(await daemon.call("GET", "/containers/json?all=1"), []);
    });
  }

  it("-v makes a missing source, also when it has gone since", async () => {
    const made = join(folder, "made/here");
    await cli("create", "--name", "maker", "--network", "none", "-v", `${made}:/x`, "busybox", "ls", "/x");
    rmSync(made, { recursive: true });
    equal(await cli("start", "-a", "maker"), "");
    ok(existsSync(made));
    await cli("rm", "maker");
  });
});
