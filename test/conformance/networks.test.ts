/** What `docker network inspect`, `ps` and `port` show, as dockerd 28.5.1 was recorded to show it for the same commands. */
import { deepEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { TestDaemon } from "../support/daemon.ts";
import { docker, needsDocker } from "../support/docker-cli.ts";

/** Commands in their order (`~` is a space within a word), and all that they print. Recorded with the docker CLI 28.2. */
const RECORDED = readFileSync(new URL("networks-dockerd-28.txt", import.meta.url), "utf8")
  .split(/^\$ docker /m)
  .slice(1)
  .map((block) => {
    const end = block.indexOf("\n");
    return { command: block.slice(0, end), output: block.slice(end + 1).trim() };
  });

describe("networks read as dockerd's", () => {
  let daemon: TestDaemon;

  before(needsDocker);
  before(async () => {
    daemon = await TestDaemon.start({ args: ["--bridge", "docker0"] });
    await daemon.inNetns("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0p");
  });
  after(async () => {
    await daemon.inNetns("ip", "link", "del", "eth0");
    await daemon[Symbol.asyncDispose]();
  });

  // In their order: each goes on from those before.
  for (const { command, output } of RECORDED)
    it(`docker ${command}`, async () => {
      const { code, stdout, stderr } = await docker(
        daemon,
        command.split(" ").map((word) => word.replaceAll("~", " ")),
      );
      deepEqual(normal(`${stdout}${stderr}`, code), steady(output));
    });
});

/** Without what is another one each time. */
function normal(text: string, code: number): string {
  const plain = `${text.split("\n\nRun 'docker")[0] ?? ""}\n-> ${code}`
    .replaceAll(/\b[0-9a-f]{64}\b/g, "ID")
    .replaceAll(/\b[0-9a-f]{12}\b/g, "SHORT")
    .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"TIME"')
    .replaceAll(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, "MAC")
    .replaceAll(/^(ID|SHORT)\n+/gm, "$1\n")
    // Docker's client may hear of the end of a start by its wait first.
    .replaceAll(/^time=.*\n/gm, "");
  return steady(plain);
}

/** Docker names the IPv6 half of a taken port, and removes in no order. */
function steady(text: string): string {
  return text
    .replaceAll("Bind for :::", "Bind for 0.0.0.0:")
    .replaceAll(/(?<=^Deleted Networks:\n)(?:\w+\n)+/gm, (lines) => lines.split("\n").sort().join("\n"))
    .trim();
}
