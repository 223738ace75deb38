// npm run test:vm [-- COMMAND…]: the acceptance checks and the integration suite in a Debian of our own with cgroup v2, systemd and
// AppArmor. SLIPWAY_VM_TOOLS is the folder with make-vm.sh and run-checks.sh, SLIPWAY_VM_DIR where the machine is kept.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { ENV, NODE, ROOT } from "./lib/paths.mjs";

const tools = process.env.SLIPWAY_VM_TOOLS ?? join(ROOT, "../shared/tools/vm");
const machine = process.env.SLIPWAY_VM_DIR ?? join(homedir(), ".cache/slipway-vm");

function step(title, command, args, env = {}) {
  console.log(`\n=== ${title}`);
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: "inherit", env: { ...ENV, ...env } });
  console.log(`=== ${title}: ${status === 0 ? "ok" : "failed"}`);
  return status === 0;
}

function main(suite) {
  if (!existsSync(join(tools, "run-checks.sh"))) {
    console.log(`skipped: no virtual machine tools in ${tools} (SLIPWAY_VM_TOOLS names their folder)`);
    console.log("0 passed, 0 failed, 1 skipped");
    return 0;
  }
  const steps = [
    ["build", NODE, [join(ROOT, ".ci/build.mjs")]],
    ["machine", join(tools, "make-vm.sh"), [machine]],
  ];
  const checks = [join(tools, "run-checks.sh"), [machine, ROOT]];
  if (suite === "") steps.push(["acceptance", checks[0], [...checks[1], "02-foundation"]]);
  // Emulated, so everything takes ten times as long.
  const inside = suite || "SLIPWAY_TEST_DISPOSABLE=1 node .ci/test.mjs --inside";
  steps.push([suite || "integration", ...checks, { SUITE: inside, VM_S: "5400" }]);
  const passed = steps.filter(([title, command, args, env]) => step(title, command, args, env)).length;
  console.log(`${passed} passed, ${steps.length - passed} failed`);
  return passed === steps.length ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2).join(" "));
