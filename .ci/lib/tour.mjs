// The tour of the main job: each step is the command that does it, with what it prints and its time.
import { spawn } from "node:child_process";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, copyFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DIST, ENV, NODE } from "./paths.mjs";
import { SOCKET } from "./dev-daemon.mjs";

const COMMAND = join(DIST, "slipway.js");
export const COMMAND_ENV = { ...ENV, DOCKER_HOST: `unix://${SOCKET}` };
const REGISTRY_TIMEOUT_MS = 3000;

const quoted = (word) => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

function slipway(args, stdin = "ignore") {
  return new Promise((resolve, reject) => {
    const child = spawn(NODE, ["--", COMMAND, ...args], { env: COMMAND_ENV, stdio: [stdin, "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", reject).on("close", (code) => resolve({ code, output }));
  });
}

/** Runs one step and shows it. @throws when it fails */
async function step(why, args, stdin) {
  const started = performance.now();
  const prefix = stdin === undefined ? "" : "tar -c . | ";
  const { code, output } = await slipway(args, stdin);
  const time = `${Math.round(performance.now() - started)} ms`;
  console.log(`\n# ${why}\n$ ${prefix}slipway ${args.map(quoted).join(" ")}   (${time})`);
  if (output.trim() !== "") console.log(output.trimEnd().replace(/^/gm, "  "));
  if (code !== 0) throw new Error(`slipway ${args[0]} ended with ${code}`);
  return output.trim();
}

/** Whether Docker Hub can be reached; through a proxy only a pull can tell. */
function registryAnswers() {
  if (process.env.HTTPS_PROXY ?? process.env.https_proxy) return Promise.resolve(true);
  return new Promise((resolve) => {
    const socket = connect({ host: "registry-1.docker.io", port: 443, timeout: REGISTRY_TIMEOUT_MS });
    const answer = (reached) => () => {
      socket.destroy();
      resolve(reached);
    };
    socket.on("connect", answer(true)).on("timeout", answer(false)).on("error", answer(false));
  });
}

async function bringBusybox() {
  if ((await slipway(["inspect", "--type", "image", "busybox"])).code === 0) return;
  if (await registryAnswers()) {
    try {
      return await step("pull an image", ["pull", "-q", "busybox"]);
    } catch {
      console.log("# the registry did not give it");
    }
  }
  await importBusybox();
}

/** The image from this machine's static busybox: no registry is needed to try the engine. */
async function importBusybox() {
  const root = mkdtempSync(join(tmpdir(), "slipway-busybox-"));
  try {
    for (const folder of ["bin", "etc", "root", "tmp", "proc", "sys", "dev"]) mkdirSync(join(root, folder));
    const program = join(root, "bin/busybox");
    copyFileSync(execFileSync("which", ["busybox"], { env: ENV, encoding: "utf8" }).trim(), program);
    execFileSync("chroot", [root, "/bin/busybox", "--install", "-s", "/bin"], { env: ENV });
    writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
    writeFileSync(join(root, "etc/group"), "root:x:0:\n");
    const tar = spawn("tar", ["-C", root, "--numeric-owner", "-c", "."], { stdio: ["ignore", "pipe", "inherit"] });
    await step(
      "no registry answers: make the image from this machine's static busybox",
      ["import", "-c", 'CMD ["sh"]', "-", "busybox:latest"],
      tar.stdout,
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const JOB = `echo hello from the tour
echo memory limit: $(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null)
echo address: $(ip -4 -o addr show eth0 | awk '{print $4}')
echo kept >/data/note
exec sleep 1000`;

export async function runTour() {
  await slipway(["rm", "-f", "tour"]); // of a tour that was cut short
  await bringBusybox();
  await step("run a command in a container", ["run", "--rm", "busybox", "echo", "hello"]);
  const job = ["-v", "tour-data:/data", "-m", "64m", "--network", "bridge", "--log-opt", "max-size=1m"];
  await step("run a service with a volume, a memory limit, a network and a log", [
    "run",
    "-d",
    "--name",
    "tour",
    ...job,
    "busybox",
    "sh",
    "-c",
    JOB,
  ]);
  await step("run another program in it", ["exec", "tour", "cat", "/data/note"]);
  await step("read its log", ["logs", "tour"]);
  await step("see what runs", ["ps", "--format", "table {{.Names}}\t{{.Image}}\t{{.Status}}"]);
  await step("stop it and remove it", ["rm", "-f", "tour"]);
  await step("its volume is still there", ["run", "--rm", "-v", "tour-data:/data", "busybox", "cat", "/data/note"]);
}
