/** The small parts of the command: detach keys, names of images, ports, progress, findings of the doctor. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import type { Machine } from "../../../sdk/cli/doctor/finding.ts";
import { checkKernel } from "../../../sdk/cli/doctor/kernel.ts";
import { checkLibraries, checkRootless, checkRunc, openAdvisories } from "../../../sdk/cli/doctor/programs.ts";
import type { OutputStream } from "../../../sdk/cli/context.ts";
import { portsText } from "../../../sdk/cli/output/ports-text.ts";
import { progressBar, showProgress } from "../../../sdk/cli/output/progress.ts";
import { parseImageName } from "../../../sdk/cli/reference.ts";
import { startExitCode } from "../../../sdk/cli/start-failures.ts";
import { DetachFilter, parseDetachKeys } from "../../../sdk/cli/stdio/detach-keys.ts";
import { slipway } from "../../support/slipway-command.ts";

describe("parseDetachKeys", () => {
  it("reads control keys and letters", () =>
    deepEqual(parseDetachKeys("ctrl-p,ctrl-q,a,ctrl-@,ctrl-["), [16, 17, 97, 0, 27]));
  it("refuses what is no key", () => throws(() => parseDetachKeys("ctrl-1"), /Unknown character/));
});

describe("DetachFilter", () => {
  const filtered = async (...chunks: readonly string[]): Promise<readonly [string, number]> => {
    let detached = 0;
    const filter = new DetachFilter(parseDetachKeys("ctrl-p,ctrl-q"), () => detached++);
    for (const chunk of chunks) filter.write(chunk);
    filter.end();
    return [(await buffer(filter)).toString("latin1"), detached];
  };

  it("passes what is typed", async () => deepEqual(await filtered("ls -l\n"), ["ls -l\n", 0]));
  it("holds the keys back when they are complete, over chunks too", async () =>
    deepEqual(await filtered("ab\x10", "\x11"), ["ab", 1]));
  it("passes the first key on when the second does not follow", async () =>
    deepEqual(await filtered("a\x10", "b\x10\x10c"), ["a\x10b\x10\x10c", 0]));
  it("passes what it holds at the end", async () => deepEqual(await filtered("a\x10"), ["a\x10", 0]));
});

describe("parseImageName", () => {
  const NAMES: readonly (readonly [string, string, string, string | undefined])[] = [
    ["busybox", "docker.io/library/busybox", "busybox", undefined],
    ["busybox:1.36", "docker.io/library/busybox", "busybox", "1.36"],
    ["me/app", "docker.io/me/app", "me/app", undefined],
    ["docker.io/me/app:x", "docker.io/me/app", "me/app", "x"],
    ["localhost:5000/a/b", "localhost:5000/a/b", "localhost:5000/a/b", undefined],
    ["localhost/a:1", "localhost/a", "localhost/a", "1"],
    [`r.io/a@sha256:${"a".repeat(64)}`, "r.io/a", "r.io/a", `sha256:${"a".repeat(64)}`],
  ];
  for (const [text, repository, familiar, tag] of NAMES)
    it(text, () => deepEqual(parseImageName(text), { repository, familiar, tag }));
  for (const text of ["", "a:b:c", "A", "a//b", "-a", "a@sha256:1", "http://x/y"])
    it(`refuses ${JSON.stringify(text)}`, () => throws(() => parseImageName(text), /invalid reference format/));
});

describe("portsText", () => {
  it("joins neighbours, and keeps ports that change their number apart", () =>
    equal(
      portsText([
        { PrivatePort: 81, Type: "tcp" },
        { PrivatePort: 80, Type: "tcp" },
        { IP: "0.0.0.0", PrivatePort: 90, PublicPort: 9090, Type: "tcp" },
        { IP: "::", PrivatePort: 90, PublicPort: 9090, Type: "tcp" },
      ]),
      "80-81/tcp, 0.0.0.0:9090->90/tcp, [::]:9090->90/tcp",
    ));
});

describe("showProgress", () => {
  const shown = async (isTTY: boolean, steps: readonly object[]): Promise<string> => {
    let text = "";
    const out = { isTTY, columns: 80, write: (chunk: string) => (text += chunk) };
    await showProgress(
      (async function* () {
        yield* steps;
      })(),
      out as unknown as OutputStream,
    );
    return text;
  };
  const STEPS = [
    { status: "Pulling from library/x", id: "latest" },
    { status: "Downloading", id: "aa", progressDetail: { current: 5, total: 10 } },
    { status: "Pull complete", id: "aa", progressDetail: {} },
    { status: "Status: done" },
  ];

  it("prints changes of state alone where it is no terminal", async () =>
    equal(await shown(false, STEPS), "latest: Pulling from library/x\naa: Pull complete\nStatus: done\n"));

  it("draws one line a layer in a terminal", async () =>
    equal(
      await shown(true, STEPS),
      "\n\x1b[1A\x1b[2K\rlatest: Pulling from library/x\r\x1b[1B\n\x1b[1A\x1b[2K\raa: Downloading       5B/10B\r\x1b[1B\x1b[1A\x1b[2K\raa: Pull complete\r\x1b[1BStatus: done\n",
    ));

  it("has a bar where there is room", () =>
    equal(
      progressBar({ progressDetail: { current: 5, total: 10 } }, 120),
      `[${"=".repeat(25)}>${" ".repeat(25)}]       5B/10B`,
    ));
});

describe("startExitCode", () => {
  const CODES: readonly (readonly [string, number])[] = [
    ['exec: "x": executable file not found in $PATH: unknown', 127],
    ["stat /x: no such file or directory", 127],
    ["exec /x: permission denied", 126],
    ["something else", 125],
  ];
  for (const [message, code] of CODES)
    it(`${code} for ${message}`, () => equal(startExitCode(new Error(message)), code));
});

describe("slipway doctor", () => {
  const machine = (files: Readonly<Record<string, string>>, programs: readonly string[], uid = 0): Machine => ({
    arch: "x64",
    uid,
    user: "me",
    read: (path) => files[path],
    exists: (path) => path in files,
    program: (name) => (programs.includes(name) ? `/usr/bin/${name}` : undefined),
    output: () => "runc version 1.1.12\n",
  });

  it("names the advisories that a release of runc is open to", () => {
    deepEqual(openAdvisories("1.1.5"), [
      "CVE-2024-21626",
      "CVE-2024-45310",
      "CVE-2025-31133",
      "CVE-2025-52565",
      "CVE-2025-52881",
    ]);
    deepEqual(openAdvisories("1.2.8"), []);
    deepEqual(openAdvisories("1.3.2"), ["CVE-2025-31133", "CVE-2025-52565", "CVE-2025-52881"]);
    deepEqual(openAdvisories("1.5.0"), []);
  });

  it("gives the command that brings what is missing", () => {
    deepEqual(checkRunc(machine({}, ["apt-get"])), {
      name: "runc",
      state: "missing",
      detail: "not found on PATH",
      remedy: "apt-get install -y runc",
    });
    deepEqual(
      checkLibraries(machine({}, ["dnf"], 1000)).map(({ remedy }) => remedy),
      ["sudo dnf install -y nftables", "sudo dnf install -y libseccomp"],
    );
  });

  it("asks for sub-ids of an ordinary user alone", () => {
    deepEqual(checkRootless(machine({}, [])), []);
    const found = checkRootless(
      machine(
        { "/etc/subuid": "me:100000:65536\n", "/etc/subgid": "you:1:2\n" },
        ["newuidmap", "newgidmap", "pasta"],
        1000,
      ),
    );
    deepEqual(
      found.map(({ name, state }) => `${name} ${state}`),
      ["/etc/subuid ok", "/etc/subgid missing", "newuidmap ok", "newgidmap ok", "pasta ok"],
    );
  });

  it("tells cgroup v1 from v2, and a machine that has neither", () => {
    const cgroups = (files: Readonly<Record<string, string>>): string | undefined =>
      checkKernel(machine(files, [])).find(({ name }) => name === "cgroups")?.detail;
    equal(cgroups({ "/sys/fs/cgroup/cgroup.controllers": "cpu memory pids\n" }), "v2 (cpu memory pids)");
    equal(
      cgroups({ "/proc/self/mountinfo": "1 2 0:3 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" }),
      "v1 (memory)",
    );
    equal(cgroups({}), "no hierarchy below /sys/fs/cgroup");
  });
});

describe("slipway", () => {
  it("-v names neither podman nor wslc", async () => {
    const { code, stdout } = await slipway(["-v"]);
    equal(code, 0);
    equal(/^Slipway version \d+\.\d+\.\d+, build \w+\n$/.test(stdout) && !/podman|wslc/i.test(stdout), true, stdout);
  });

  it("says by name what docker has and it has not, and ends with 1", async () => {
    const { code, stderr } = await slipway(["build", "."]);
    deepEqual(
      [code, /^slipway: 'slipway build' is not supported: images cannot be built yet\n$/.test(stderr)],
      [1, true],
      stderr,
    );
  });

  it("tells which engines it tried when none answers", async () => {
    const { code, stderr } = await slipway(["ps"], { env: { DOCKER_HOST: "unix:///nonexistent/x.sock" } });
    equal(code, 1);
    equal(
      stderr.split("\n")[0],
      "Cannot connect to the Docker daemon at unix:///nonexistent/x.sock. Is the docker daemon running?",
    );
  });

  it("--help lists commands and groups", async () => {
    const { code, stdout } = await slipway(["--help"]);
    equal(code, 0);
    equal(/Management Commands:\n {2}container[^]*Commands:\n {2}attach[^]*Global Options:/.test(stdout), true, stdout);
  });
});
