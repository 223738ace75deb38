import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { EngineError, messageOf } from "../base/errors.ts";

const UNIT = "slipway.service";
const UNIT_PATH = `/etc/systemd/system/${UNIT}`;

/**
 * Writes the unit for this very program with the flags that it was given, and enables it: it is wanted at boot. It is not
 * started. Prints what it did.
 * @throws EngineError Unavailable without systemd, or without the right to.
 */
export async function installUnit(argv: readonly string[]): Promise<void> {
  if (!existsSync("/run/systemd/system"))
    throw new EngineError("Unavailable", "--install-systemd needs systemd, which does not run here");
  const flags = argv.filter((flag) => !flag.startsWith("--install-systemd"));
  const program = [process.execPath, process.argv[1] ?? "", ...flags];
  try {
    writeFileSync(UNIT_PATH, unitText(program), { mode: 0o644 });
    for (const args of [["daemon-reload"], ["enable", UNIT]])
      execFileSync("systemctl", ["--quiet", ...args], { stdio: ["ignore", "ignore", "inherit"] });
  } catch (error) {
    throw new EngineError("Unavailable", `cannot install ${UNIT_PATH}: ${messageOf(error)}`, { cause: error });
  }
  process.stdout.write(`${UNIT_PATH} is installed and enabled; start it with: systemctl start ${UNIT}\n`);
  await Promise.resolve();
}

/** @param program the command line, its program as an absolute path. */
export function unitText(program: readonly string[]): string {
  return `[Unit]
Description=Slipway container engine
After=network-online.target firewalld.service nftables.service time-set.target
Wants=network-online.target
StartLimitBurst=3
StartLimitIntervalSec=60

[Service]
Type=notify
ExecStart=${program.map(quoted).join(" ")}
ExecReload=/bin/kill -s HUP $MAINPID
Restart=always
RestartSec=2
# Containers live on: only the daemon itself is ended with the unit.
KillMode=process
# Cgroups below the unit's own are the daemon's to make; systemd leaves them alone.
Delegate=yes
TasksMax=infinity
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
OOMScoreAdjust=-500
TimeoutStartSec=0

[Install]
WantedBy=multi-user.target
`;
}

/** systemd.service(5), "Command lines": quotes, and what would be a specifier or a variable doubled. */
function quoted(word: string): string {
  const escaped = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@%+=:,./-]+$/.test(word) ? escaped : `"${escaped.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
