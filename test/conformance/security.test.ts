import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import type { HostInput, SpecFacts } from "../../daemon/oci/spec/input.ts";
import { Bundle } from "./bundle.ts";
import { hostSpecFacts } from "./facts.ts";

/** A program in C for what no busybox applet does: one line "name errno" a call. */
const PROBE = `
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
static void say(const char *name, long result) { printf("%s %d\\n", name, result < 0 ? errno : 0); }
int main(void) {
  say("af_alg", socket(38, SOCK_SEQPACKET, 0));
  say("af_vsock", socket(40, SOCK_STREAM, 0));
  say("af_inet", socket(AF_INET, SOCK_STREAM, 0));
  say("clone_newuser", syscall(SYS_clone, CLONE_NEWUSER | 17, 0, 0, 0, 0));
  say("clone3", syscall(SYS_clone3, 0, 0));
  say("unshare", unshare(CLONE_NEWUTS));
  say("keyctl", syscall(SYS_keyctl, 0, 0));
  say("bpf", syscall(SYS_bpf, 0, 0, 0));
  say("unknown", syscall(9999));
}`;

describe("the default confinement under runc", function () {
  this.timeout(30_000);
  let facts: SpecFacts;
  let bundle: Bundle;

  before(async () => {
    facts = await hostSpecFacts();
    bundle = new Bundle();
    const source = join(bundle.path, "probe.c");
    writeFileSync(source, PROBE);
    execFileSync("cc", ["-static", "-o", join(bundle.rootfs, "bin/probe"), source]);
  });
  after(() => bundle[Symbol.dispose]());

  const lines = async (script: string, host: Partial<HostInput> = {}): Promise<readonly string[]> => {
    const { code, stdout, stderr } = await bundle.sh(facts, script, host);
    strictEqual(code, 0, stderr);
    return stdout.trim().split("\n").filter(Boolean);
  };
  /** Lines of /proc/self/status that confinement shows in. */
  const status = async (host: Partial<HostInput> = {}): Promise<Readonly<Record<string, string>>> => {
    const found = await lines("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status", host);
    return Object.fromEntries(found.map((line) => line.split(":\t") as [string, string]));
  };

  it("has the fourteen capabilities, none inheritable, and a filter", async () => {
    deepStrictEqual(await status(), {
      CapInh: "0000000000000000",
      CapPrm: "00000000a80425fb",
      CapEff: "00000000a80425fb",
      CapBnd: "00000000a80425fb",
      CapAmb: "0000000000000000",
      NoNewPrivs: "0",
      Seccomp: "2",
    });
  });

  it("leaves a user other than root the bounding set alone", async () => {
    const input = { uid: 1000, gid: 1000, additionalGids: [1000] };
    const { stdout } = await bundle.sh(
      facts,
      "grep -E '^Cap(Prm|Eff|Bnd)' /proc/self/status",
      {},
      {
        process: { args: [], env: ["PATH=/bin"], cwd: "/", tty: false, ...input },
      },
    );
    deepStrictEqual(stdout.trim().split(/\s+/), [
      "CapPrm:",
      "0000000000000000",
      "CapEff:",
      "0000000000000000",
      "CapBnd:",
      "00000000a80425fb",
    ]);
  });

  it("sets no_new_privs when it is asked for", async () => {
    strictEqual((await status({ securityOpt: ["no-new-privileges"] }))["NoNewPrivs"], "1");
  });

  it("refuses dangerous system calls with Docker's errors", async () => {
    const [EPERM, ENOSYS] = [1, 38];
    deepStrictEqual(await lines("probe"), [
      `af_alg ${EPERM}`,
      `af_vsock ${EPERM}`,
      "af_inet 0",
      `clone_newuser ${EPERM}`,
      `clone3 ${ENOSYS}`,
      `unshare ${EPERM}`,
      `keyctl ${EPERM}`,
      `bpf ${EPERM}`,
      `unknown ${ENOSYS}`,
    ]);
  });

  it("lets them pass with seccomp=unconfined", async () => {
    const found = await lines("probe", { securityOpt: ["seccomp=unconfined"] });
    ok(found.includes("unshare 1"), "without SYS_ADMIN");
    ok(found.includes("clone3 22"), "reaches the kernel: EINVAL");
  });

  it("hides what is masked and refuses to write what is read-only", async () => {
    const script = `
      for f in /proc/kcore /proc/keys /proc/timer_list /proc/interrupts; do [ -e $f ] && echo "$f $(wc -c < $f)"; done
      for d in /proc/acpi /proc/scsi /sys/firmware; do [ -d $d ] && echo "$d $(ls -A $d | wc -l)"; done
      for f in /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/profiling; do
        [ -e $f ] && (echo 1 > $f) 2>/dev/null && echo "$f was written"
      done; true`;
    const found = await lines(script);
    ok(found.length >= 3, "this kernel has some of them");
    deepStrictEqual(
      found.filter((line) => !line.endsWith(" 0")),
      [],
    );
  });

  it("has no devices but Docker's, and cannot open others", async () => {
    deepStrictEqual(
      await lines(
        "cd /dev; find . -type c -o -type b | grep -v pts/ | sort; mknod /dev/x b 7 0 && cat /dev/x 2>&1 | cat",
      ),
      [
        "./full",
        "./null",
        "./random",
        "./tty",
        "./urandom",
        "./zero",
        "cat: can't open '/dev/x': Operation not permitted",
      ],
    );
  });

  it("mounts cgroups and /sys read-only, and /dev/shm for itself with the size asked for", async () => {
    const found = await lines(
      "mkdir /sys/fs/cgroup/*/x 2>/dev/null; ls -d /sys/fs/cgroup/*/x 2>/dev/null; grep -E ' (/dev/shm|/sys) ' /proc/mounts; ls -A /dev/shm",
      { shmSize: 128 * 1024 * 1024 },
    );
    strictEqual(found.length, 2, found.join("\n"));
    match(found[0] ?? "", /^sysfs \/sys sysfs ro,nosuid,nodev,noexec/);
    match(found[1] ?? "", /^shm \/dev\/shm tmpfs rw,nosuid,nodev,noexec,relatime,size=131072k/);
  });

  it("lets its users open low ports and ping, in a network of its own", async () => {
    deepStrictEqual(
      await lines("cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range"),
      ["0", "0\t2147483647"],
    );
  });

  it("gives --privileged everything that the daemon has", async () => {
    const own = /^CapBnd:\t(\w+)$/m.exec(execFileSync("cat", ["/proc/self/status"], { encoding: "utf8" }))?.[1];
    const { CapEff, Seccomp } = await status({ privileged: true });
    deepStrictEqual({ CapEff, Seccomp }, { CapEff: own, Seccomp: "0" });
    const found = await lines(
      "find /dev -type c -o -type b | wc -l; ls -A /sys/firmware | wc -l; grep -c ' /proc/' /proc/mounts; true",
      {
        privileged: true,
      },
    );
    ok(Number(found[0]) >= facts.hostDevices.length, "all devices of the host");
    strictEqual(found.at(-1), "0");
  });

  it("starts with limits that the daemon cannot raise, and warns", async () => {
    const input = { ulimits: [{ name: "nofile", soft: 1024, hard: 2 ** 21 }], oomScoreAdj: -1000 };
    const limited = {
      ...facts,
      capabilities: facts.capabilities.filter((name) => name !== "CAP_SYS_RESOURCE"),
      oomScoreAdjMin: 0,
    };
    const { code, stderr } = await bundle.sh(limited, "true", input);
    strictEqual(code, 0, stderr);
  });

  it("makes a whole tree read-only where a bind mount is", async () => {
    const { stdout } = await bundle.sh(
      facts,
      "touch /mnt/x /mnt/shm/x 2>&1; true",
      {},
      {
        mounts: [
          { type: "bind", source: "/dev", target: "/mnt", readOnly: true, propagation: "", nonRecursive: false },
        ],
      },
    );
    deepStrictEqual(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split(": ").at(-1)),
      ["Read-only file system", "Read-only file system"],
    );
  });
});
