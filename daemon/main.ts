import { messageOf } from "./base/errors.ts";
import { parseCommandLine } from "./config/command-line.ts";
import { helpText } from "./config/help.ts";
import { BUILD } from "./main/build-info.ts";

/** The daemon program. @returns its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const request = parseCommandLine(argv);
    switch (request.kind) {
      case "help":
        process.stdout.write(helpText());
        return 0;
      case "version":
        process.stdout.write(`Slipway version ${BUILD.version}, build ${BUILD.gitCommit}\n`);
        return 0;
      case "validate":
        process.stdout.write("configuration OK\n");
        return 0;
      case "install-systemd":
        await (await import("./main/systemd-unit.ts")).installUnit(argv);
        return 0;
      case "run":
        await (await import("./main/run-daemon.ts")).runDaemon(request.config, request.flags);
        return 0;
    }
  } catch (error) {
    process.stderr.write(`slipway daemon: ${messageOf(error)}\n`);
    return 1;
  }
}

process.exit(await main(process.argv.slice(2)));
