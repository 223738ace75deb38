// npm run test:vm [-- COMMAND…]: the acceptance checks and the integration suite in Debians of our own with cgroup v2, systemd and
// AppArmor. SLIPWAY_VM_TOOLS is the folder with make-vm.sh and run-checks.sh, SLIPWAY_VM_DIR where the machine is kept.
import { existsSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { join } from "node:path";
import { lendPrograms } from "./lib/lent-programs.mjs";
import { NODE, ROOT } from "./lib/paths.mjs";
import { report } from "./lib/totals.mjs";
import { runStages } from "./lib/stage-runner.mjs";
import { stripTypes } from "./lib/stripped.mjs";
import { vmStages } from "./lib/vm-stages.mjs";

const tools = process.env.SLIPWAY_VM_TOOLS ?? join(ROOT, "../shared/tools/vm");
const machine = process.env.SLIPWAY_VM_DIR ?? join(homedir(), ".cache/slipway-vm");

/** A machine has two processors, and most of the time one of them waits. */
const MACHINES = Math.max(1, Math.min(4, availableParallelism()));

async function main(command) {
  if (!existsSync(join(tools, "run-checks.sh"))) {
    console.log(`skipped: no virtual machine tools in ${tools} (SLIPWAY_VM_TOOLS names their folder)`);
    console.log("0 passed, 0 failed, 1 skipped");
    return 0;
  }
  const started = performance.now();
  const preparation = [
    { name: "build", command: [NODE, join(ROOT, ".ci/build.mjs")], limitSeconds: 300 },
    { name: "machine", command: [join(tools, "make-vm.sh"), machine], limitSeconds: 1800 },
  ];
  const results = await runStages(preparation, 1);
  if (results.every((each) => each.failed === 0)) {
    stripTypes();
    lendPrograms();
    const [together, alone] = vmStages(tools, machine, command);
    results.push(...(await runStages(together, MACHINES)), ...(await runStages(alone, 1)));
  }
  return report(results, started);
}

process.exitCode = await main(process.argv.slice(2).join(" "));
