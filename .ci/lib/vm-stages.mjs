// What `npm run test:vm` runs: each stage boots a machine of its own, so two of them can run side by side.
import { basename, join, relative } from "node:path";
import { testsIn } from "./stages.mjs";
import { ROOT } from "./paths.mjs";

/** Emulated, so everything takes ten times as long; a stage is given up after this. */
const LIMIT_S = 5400;
/** First and alone: it starts some forty daemons. */
const LONGEST = "network-faults";
/** A boot costs a minute, and a stage that hangs takes the others of its machine with it. */
const FILES_A_STAGE = 4;

/**
 * Two lots, one after the other: what runs side by side, and what runs alone.
 * @param tools the folder with run-checks.sh
 * @param machine where the machine's disk is kept
 * @param command what to run in the project instead of everything, or ""
 */
export function vmStages(tools, machine, command) {
  const stage = (name, inside, ...checks) => ({
    name,
    command: [join(tools, "run-checks.sh"), machine, ROOT, ...checks],
    env: { VM_S: String(LIMIT_S), ...(inside === undefined ? {} : { SUITE: inside }) },
    limitSeconds: LIMIT_S + 300,
    counts: "printed",
    live: true,
  });
  if (command !== "") return [[], [stage(command, command)]];
  const suite = (files) =>
    stage(
      files.map((file) => basename(file, ".test.ts")).join(", "),
      `SLIPWAY_TEST_DISPOSABLE=1 node .ci/test.mjs --inside ${files.map((file) => relative(ROOT, file)).join(" ")}`,
    );
  // Its checks go by the clock of a real machine.
  return [groups().map(suite), [stage("acceptance", undefined, "02-foundation", "03-networks-volumes")]];
}

/** Not the extension's: the editor comes from the npm registry, and the machine has no network. */
function groups() {
  const files = ["conformance", "integration", "fuzz"].flatMap((folder) => testsIn(folder));
  const isLongest = (file) => basename(file, ".test.ts") === LONGEST;
  const rest = files.filter((file) => !isLongest(file));
  const count = Math.ceil(rest.length / FILES_A_STAGE);
  return [
    files.filter(isLongest),
    ...Array.from({ length: count }, (_, group) => rest.filter((_, index) => index % count === group)),
  ];
}
