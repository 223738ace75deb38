/** A container of the machine's busybox, run by runc from what buildSpec makes: no daemon between the spec and the kernel. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "../../daemon/base/ids.ts";
import { buildSpec, type BuiltSpec } from "../../daemon/oci/spec/build-spec.ts";
import { encodeSpec } from "../../daemon/oci/spec/encode-spec.ts";
import type { HostInput, SpecFacts, SpecInput } from "../../daemon/oci/spec/input.ts";
import { run, type RunResult } from "../support/process.ts";

export const NO_LIMITS = {
  memory: 0,
  memorySwap: 0,
  memoryReservation: 0,
  nanoCpus: 0,
  cpuShares: 0,
  cpuPeriod: 0,
  cpuQuota: 0,
  cpusetCpus: "",
  cpusetMems: "",
  pidsLimit: 0,
  oomKillDisable: false,
};

export const DEFAULT_HOST: HostInput = {
  readonlyRootfs: false,
  privileged: false,
  capAdd: [],
  capDrop: [],
  securityOpt: [],
  init: false,
  shmSize: 0,
  ulimits: [],
  resources: NO_LIMITS,
  oomScoreAdj: 0,
  sysctls: {},
  annotations: {},
};

/** What `docker run --network none` asks for. */
export function specInput(facts: SpecFacts, change: Partial<SpecInput> = {}, host: Partial<HostInput> = {}): SpecInput {
  const id = change.id ?? newId();
  return {
    id,
    rootfs: "/rootfs",
    hostname: id.slice(0, 12),
    domainname: "",
    process: {
      args: ["true"],
      env: ["PATH=/bin", "HOME=/root"],
      cwd: "/",
      uid: 0,
      gid: 0,
      additionalGids: [0],
      tty: false,
    },
    host: { ...DEFAULT_HOST, ...host },
    namespaces: { network: "new", networkIsOwn: true, ipc: "new", pid: "new", uts: "new", cgroup: "host" },
    mounts: [],
    devices: [],
    cgroup: { driver: "cgroupfs", parent: "" },
    facts,
    ...change,
  };
}

/** A root file system on a temporary folder; disposing removes it. */
export class Bundle implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "slipway-bundle-"));
  readonly rootfs = join(this.path, "rootfs");

  constructor() {
    for (const folder of ["bin", "sbin", "etc", "root", "proc", "sys", "dev", "tmp"])
      mkdirSync(join(this.rootfs, folder), { recursive: true });
    const program = execFileSync("which", ["busybox"], { encoding: "utf8" }).trim();
    copyFileSync(program, join(this.rootfs, "bin/busybox"));
    for (const applet of execFileSync(program, ["--list"], { encoding: "utf8" }).trim().split("\n"))
      if (applet !== "busybox") symlinkSync("busybox", join(this.rootfs, "bin", applet));
    writeFileSync(join(this.rootfs, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  }

  /** Writes config.json. */
  write(input: SpecInput): BuiltSpec {
    const built = buildSpec({ ...input, rootfs: this.rootfs });
    writeFileSync(join(this.path, "config.json"), encodeSpec(built.spec));
    return built;
  }

  /** Runs it to its end. */
  async run(input: SpecInput): Promise<RunResult> {
    this.write(input);
    return await run("runc", [...this.global, "run", "--bundle", this.path, input.id]);
  }

  /** A shell script in a container of default settings. */
  async sh(
    facts: SpecFacts,
    script: string,
    host: Partial<HostInput> = {},
    change: Partial<SpecInput> = {},
  ): Promise<RunResult> {
    const input = specInput(facts, change, host);
    return await this.run({ ...input, process: { ...input.process, args: ["sh", "-c", script] } });
  }

  /** runc's state stays in the bundle's folder. */
  get global(): readonly string[] {
    return ["--root", join(this.path, "runc")];
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
