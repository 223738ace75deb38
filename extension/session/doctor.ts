import type { Finding, Machine } from "../../sdk/cli/doctor/finding.ts";
import { checkKernel } from "../../sdk/cli/doctor/kernel.ts";
import { checkLibraries, checkPs, checkRootless, checkRunc } from "../../sdk/cli/doctor/programs.ts";

const MARKS = { ok: "ok     ", warning: "warning", missing: "MISSING" } as const;

/** What the bundled engine needs on this machine. */
export function findings(machine: Machine): readonly Finding[] {
  return [
    checkRunc(machine),
    ...checkLibraries(machine),
    checkPs(machine),
    ...checkKernel(machine),
    ...checkRootless(machine),
  ];
}

/** The same report as `slipway doctor`, with the command that mends each thing. */
export function doctorText(machine: Machine): string {
  const found = findings(machine);
  const missing = found.filter(({ state }) => state === "missing");
  const rows = found.map(({ name, state, detail, remedy }) => {
    const line = `${MARKS[state]}  ${name.padEnd(16)} ${detail}`;
    return remedy === undefined ? line : `${line}\n${" ".repeat(26)}→ ${remedy}`;
  });
  const end = missing.length === 0 ? "Nothing is missing." : `Missing: ${missing.map(({ name }) => name).join(", ")}`;
  return `${rows.join("\n")}\n\n${end}\n`;
}
