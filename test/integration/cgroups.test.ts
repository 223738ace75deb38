import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cgroup } from "../../daemon/linux/cgroups/cgroup.ts";
import { createCgroupOpener } from "../../daemon/linux/cgroups/open-cgroup.ts";
import type { HostInput, SpecFacts } from "../../daemon/oci/spec/input.ts";
import { Bundle, NO_LIMITS, specInput } from "../conformance/bundle.ts";
import { hostSpecFacts } from "../conformance/facts.ts";
import { output } from "../support/process.ts";

/** What runc's container gives up at the end; its cgroups are already gone when the test was about that. */
interface Running extends AsyncDisposable {
  readonly cgroup: Cgroup;
  readonly bundle: Bundle;
  readonly id: string;
}

const open = createCgroupOpener();

async function start(facts: SpecFacts, script: string, host: Partial<HostInput> = {}): Promise<Running> {
  const bundle = new Bundle();
  const input = specInput(facts, {}, host);
  const { spec } = bundle.write({ ...input, process: { ...input.process, args: ["sh", "-c", script] } });
  const command = `exec runc --root "$0" run --detach --bundle "$1" "$2" </dev/null >/dev/null 2>&1`;
  await output("sh", ["-c", command, bundle.global[1] ?? "", bundle.path, input.id]);
  return {
    cgroup: open(spec.linux.cgroupsPath ?? "", { systemd: false }),
    bundle,
    id: input.id,
    async [Symbol.asyncDispose]() {
      await output("runc", [...bundle.global, "delete", "--force", input.id]);
      bundle[Symbol.dispose]();
    },
  };
}

const stateOf = (pid: number): string => /^State:\t(.)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
/** Of a container that runc has made: the script's own children have started once it has written this. */
const started = async (path: string): Promise<void> => {
  await output("sh", ["-c", 'until [ -e "$0" ]; do sleep 0.02; done', path]);
};

describe("Cgroup of a container under runc", function () {
  this.timeout(30_000);
  let facts: SpecFacts;
  before(async () => {
    facts = await hostSpecFacts();
  });

  it("lists processes and counts them", async () => {
    await using container = await start(facts, "sleep 1000 & sleep 1000 & touch /started; wait");
    const { cgroup, bundle } = container;
    await started(join(bundle.rootfs, "started"));
    const pids = cgroup.processes();
    strictEqual(pids.length, 3);
    deepStrictEqual(pids.map((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").trim()).sort(), [
      "sh",
      "sleep",
      "sleep",
    ]);
    const { pids: counted, memory, cpu } = cgroup.stats();
    strictEqual(counted.current, 3);
    ok(memory.usage > 0 && memory.limit > memory.usage && cpu.totalNs > 0);
    ok(cgroup.paths().every((path) => existsSync(join(path, "cgroup.procs"))));
  });

  it("freezes and thaws, and runc sees it", async () => {
    await using container = await start(facts, "while :; do :; done");
    const { cgroup, bundle, id } = container;
    await cgroup.freeze();
    const status = async (): Promise<unknown> =>
      (JSON.parse(await output("runc", [...bundle.global, "state", id])) as { readonly status: string }).status;
    const before = cgroup.stats().cpu.totalNs;
    strictEqual(await status(), "paused");
    strictEqual(cgroup.stats().cpu.totalNs, before, "it runs no more");
    cgroup.thaw();
    strictEqual(await status(), "running");
  });

  it("kills all, frozen and forking, and removes every folder", async () => {
    await using container = await start(facts, "while :; do sleep 0.001 & done", {
      resources: { ...NO_LIMITS, pidsLimit: 60 },
    });
    const { cgroup } = container;
    const init = cgroup.processes()[0] ?? 0;
    await cgroup.freeze();
    cgroup.killAll();
    await cgroup.remove();
    deepStrictEqual(await output("find", ["/sys/fs/cgroup", "-name", container.id]), "");
    deepStrictEqual([...cgroup.processes()], []);
    // Whoever adopted it may not have looked yet: dead all the same.
    ok(!existsSync(`/proc/${init}`) || stateOf(init) === "Z");
    // What is gone is neither an error nor work.
    await cgroup.remove();
    cgroup.thaw();
    cgroup.killAll();
  });

  it("does not remove while a process is left", async () => {
    await using container = await start(facts, "sleep 1000");
    await rejects(container.cgroup.remove(), { code: "EBUSY" });
    strictEqual(container.cgroup.processes().length, 1);
  });

  it("changes limits up and down", async () => {
    const resources = { ...NO_LIMITS, memory: 2 ** 26, pidsLimit: 10 };
    await using container = await start(facts, "sleep 1000", { resources });
    const { cgroup } = container;
    for (const limit of [2 ** 27, 2 ** 25]) {
      const swap = facts.limits.swap ? { swap: limit * 2 } : {};
      cgroup.update({ memory: { limit, ...swap }, pids: { limit: 20 }, cpu: { shares: 100, quota: 20_000 } });
      deepStrictEqual([cgroup.stats().memory.limit, cgroup.stats().pids.limit], [limit, 20]);
    }
  });

  it("counts the kernel's kills for want of memory", async () => {
    const resources = { ...NO_LIMITS, memory: 2 ** 24, memorySwap: 2 ** 24 };
    await using container = await start(facts, "(tail /dev/zero); touch /started; sleep 1000", { resources });
    const { cgroup, bundle } = container;
    await started(join(bundle.rootfs, "started"));
    ok(cgroup.oomKills() >= 1);
    strictEqual(cgroup.stats().oomKills, cgroup.oomKills());
  });
});
