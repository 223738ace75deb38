import { join, dirname } from "node:path";
import { existsSync } from "node:fs";
import { EngineUnavailable } from "../../transport/errors.ts";
import { endpointText } from "../../transport/endpoint.ts";
import { daemonProgram } from "../../engine/daemon-program.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { Finding } from "../doctor/finding.ts";
import { checkKernel } from "../doctor/kernel.ts";
import { thisMachine } from "../doctor/machine.ts";
import { checkLibraries, checkPs, checkRootless, checkRunc } from "../doctor/programs.ts";
import { EXIT } from "../exit.ts";

const MARK = { ok: "ok     ", warning: "warning", missing: "MISSING" } as const;

export const command = defineCommand({
  usage: "[OPTIONS]",
  options: [{ name: "format", type: "string", help: "'json' for one JSON object a line" }],
  args: [0],
  async run(context, options) {
    const machine = thisMachine(context.env);
    const findings = [
      checkRunc(machine),
      ...checkLibraries(machine),
      checkPs(machine),
      ...checkKernel(machine),
      ...checkRootless(machine),
      bundle(),
      await engine(context),
    ];
    for (const finding of findings)
      context.print(options.format === "json" ? `${JSON.stringify(finding)}\n` : findingText(finding));
    const missing = findings.filter(({ state }) => state === "missing");
    if (missing.length === 0) return 0;
    context.warn(`\nmissing: ${missing.map(({ name }) => name).join(", ")}\n`);
    return EXIT.failure;
  },
});

function findingText({ name, state, detail, remedy }: Finding): string {
  return `${MARK[state]}  ${name.padEnd(16)} ${detail}\n${remedy === undefined ? "" : `${" ".repeat(26)}→ ${remedy}\n`}`;
}

/** The daemon's program and the shim beside it. */
function bundle(): Finding {
  try {
    const program = daemonProgram();
    const shim = join(dirname(program), "slipway-shim");
    if (existsSync(shim)) return { name: "daemon", state: "ok", detail: program };
    return {
      name: "daemon",
      state: "missing",
      detail: `${shim} is not there`,
      remedy: "npm run build, or install the package anew",
    };
  } catch (error) {
    return {
      name: "daemon",
      state: "missing",
      detail: (error as Error).message,
      remedy: "npm run build, or install the package anew",
    };
  }
}

/** No engine is no fault of the machine: it may just not be started. A socket that we may not use is. */
async function engine(context: CommandContext): Promise<Finding> {
  try {
    const client = await context.engine();
    return {
      name: "engine",
      state: "ok",
      detail: `${client.ping.server} at ${endpointText(client.transport.endpoint)}`,
    };
  } catch (error) {
    const attempts = error instanceof EngineUnavailable ? error.attempts : [];
    const refused = attempts.find(({ error: cause }) => (cause as NodeJS.ErrnoException).code === "EACCES");
    if (refused !== undefined)
      return {
        name: "engine",
        state: "missing",
        detail: `no permission to use ${refused.host}`,
        remedy: "sudo usermod -aG docker $USER, and log in again; or run the command with sudo",
      };
    const detail =
      attempts.length === 0
        ? (error as Error).message
        : `none answers at ${attempts.map(({ host }) => host).join(", ")}`;
    return { name: "engine", state: "warning", detail, remedy: "slipway daemon" };
  }
}
