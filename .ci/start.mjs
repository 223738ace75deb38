// start.mjs: builds, starts the daemon of this checkout and runs the tour. start.mjs ARGS…: the `slipway` command against that daemon.
// start.mjs --stop: stops that daemon.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureDaemon, LOG, SOCKET, stopDaemon } from "./lib/dev-daemon.mjs";
import { DIST, NODE, ROOT } from "./lib/paths.mjs";
import { run } from "./lib/run.mjs";
import { COMMAND_ENV, runTour } from "./lib/tour.mjs";

async function main(args) {
  if (args[0] === "--stop") return stopDaemon();
  if (process.getuid() !== 0) throw new Error("the daemon needs root: run it with sudo");
  await run(NODE, [join(ROOT, ".ci/build.mjs")], { stdio: ["ignore", "ignore", "inherit"] });
  const started = performance.now();
  const daemon = await ensureDaemon();
  if (args.length > 0) {
    const { status } = spawnSync(NODE, ["--", join(DIST, "slipway.js"), ...args], {
      stdio: "inherit",
      env: COMMAND_ENV,
    });
    process.exitCode = status ?? 1;
    return;
  }
  const how = daemon.started ? `started in ${Math.round(performance.now() - started)} ms` : "already running";
  console.log(`# the daemon (pid ${daemon.pid}) is ${how}: ${SOCKET}, its log is ${LOG}`);
  await runTour();
  console.log(`
Next:
  npm start -- run -it busybox sh         the slipway command against this daemon
  export DOCKER_HOST=unix://${SOCKET}   any Docker client uses it from here
  npm start -- --stop                     stops the daemon; containers go on`);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`start: ${error.message}`);
  process.exitCode = 1;
});
