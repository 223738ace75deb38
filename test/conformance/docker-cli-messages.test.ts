/** What the docker CLI prints and how it ends, word for word as with dockerd 28: scripts match on these texts. */
import { deepEqual } from "node:assert/strict";
import { TestDaemon } from "../support/daemon.ts";
import { docker, dockerOk, needsDocker } from "../support/docker-cli.ts";

interface Transcript {
  readonly args: readonly string[];
  readonly code: number;
  readonly stdout?: string;
  /** Without the CLI's own hint to `--help`. */
  readonly stderr?: string;
}

const RESPONSE = "Error response from daemon: ";
const NONE = ["--rm", "--network", "none"] as const;

const TRANSCRIPTS: readonly Transcript[] = [
  { args: ["inspect", "nope"], code: 1, stdout: "[]", stderr: "Error: No such object: nope" },
  {
    args: ["start", "nope"],
    code: 1,
    stderr: `${RESPONSE}No such container: nope\nError: failed to start containers: nope`,
  },
  { args: ["stop", "nope"], code: 1, stderr: `${RESPONSE}No such container: nope` },
  { args: ["logs", "nope"], code: 1, stderr: `${RESPONSE}No such container: nope` },
  { args: ["rm", "nope"], code: 1, stderr: `${RESPONSE}No such container: nope` },
  {
    args: ["kill", "lives", "-s", "NOPE"],
    code: 1,
    stderr: `${RESPONSE}cannot kill container: lives: invalid signal: NOPE`,
  },
  { args: ["rmi", "nope"], code: 1, stderr: `${RESPONSE}No such image: nope:latest` },
  { args: ["tag", "nope", "other"], code: 1, stderr: `${RESPONSE}No such image: nope:latest` },
  { args: ["exec", "ended", "true"], code: 1, stderr: `${RESPONSE}container ENDED is not running` },
  {
    args: ["kill", "ended"],
    code: 1,
    stderr: `${RESPONSE}cannot kill container: ended: container ENDED is not running`,
  },
  { args: ["pause", "ended"], code: 1, stderr: `${RESPONSE}container ENDED is not running` },
  { args: ["unpause", "lives"], code: 1, stderr: `${RESPONSE}Container LIVES is not paused` },
  { args: ["start", "lives"], code: 0, stdout: "lives" },
  { args: ["stop", "ended"], code: 0, stdout: "ended" },
  { args: ["wait", "ended"], code: 0, stdout: "3" },
  {
    args: ["rename", "ended", "lives"],
    code: 1,
    stderr: `${RESPONSE}Error when allocating new name: Conflict. The container name "/lives" is already in use by container "LIVES". You have to remove (or rename) that container to be able to reuse that name.\nError: failed to rename container named ended`,
  },
  {
    args: ["create", "--name", "lives", "busybox"],
    code: 1,
    stderr: `${RESPONSE}Conflict. The container name "/lives" is already in use by container "LIVES". You have to remove (or rename) that container to be able to reuse that name.`,
  },
  {
    args: ["rm", "lives"],
    code: 1,
    stderr: `${RESPONSE}cannot remove container "lives": container is running: stop the container before removing or force remove`,
  },
  {
    args: ["rmi", "busybox"],
    code: 1,
    stderr: `${RESPONSE}conflict: unable to remove repository reference "busybox" (must force) - container ENDED12 is using its referenced image IMAGE12`,
  },
  {
    args: ["run", ...NONE, "busybox", "nope"],
    code: 127,
    stderr: `docker: ${RESPONSE}failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH`,
  },
  {
    args: ["run", ...NONE, "-w", "relative", "busybox", "true"],
    code: 125,
    stderr: `docker: ${RESPONSE}the working directory 'relative' is invalid, it needs to be an absolute path`,
  },
  {
    args: ["run", ...NONE, "-u", "nobody-here", "busybox", "true"],
    code: 125,
    stderr: `docker: ${RESPONSE}unable to find user nobody-here: no matching entries in passwd file`,
  },
];

describe("docker CLI messages", function () {
  this.timeout(60_000);
  let daemon: TestDaemon;
  let words: readonly (readonly [string, string])[];
  before(needsDocker);
  before(async () => {
    daemon = await TestDaemon.start();
    const ended = await dockerOk(
      daemon,
      "create",
      "--name",
      "ended",
      "--network",
      "none",
      "busybox",
      "sh",
      "-c",
      "exit 3",
    );
    await docker(daemon, ["start", "-a", "ended"]);
    const lives = await dockerOk(
      daemon,
      "run",
      "-d",
      "--name",
      "lives",
      "--network",
      "none",
      "busybox",
      "sleep",
      "1000",
    );
    const image = (await dockerOk(daemon, "images", "-q", "--no-trunc", "busybox")).slice("sha256:".length);
    words = [
      [ended, "ENDED"],
      [lives, "LIVES"],
      [ended.slice(0, 12), "ENDED12"],
      [lives.slice(0, 12), "LIVES12"],
      [image.slice(0, 12), "IMAGE12"],
    ];
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
  });

  const plain = (text: string): string =>
    words
      .reduce((rest, [id, word]) => rest.replaceAll(id, word), text)
      .replace(/\n*Run 'docker [^]*$/, "")
      .trim();

  for (const { args, code, stdout = "", stderr = "" } of TRANSCRIPTS) {
    it(`docker ${args.join(" ")}`, async () => {
      const result = await docker(daemon, args);
      deepEqual(
        { code: result.code, stdout: plain(result.stdout), stderr: plain(result.stderr) },
        { code, stdout, stderr },
      );
    });
  }
});
