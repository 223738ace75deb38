/** Every command of the extension, in the extension host of a real VS Code, against a real daemon and real containers. */
import { deepEqual, fail } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Test, type Suite } from "mocha";
import { TestDaemon } from "../support/daemon.ts";
import { TestRegistry } from "../support/registry.ts";
import { ROOT } from "../support/source-tree.ts";
import { Editor } from "./support/editor.ts";
import { runHostTests, type HostTest } from "./support/host-tests.ts";

const image = "busybox:latest";
const tasks = [
  {
    type: "docker-run",
    label: "run it",
    dockerRun: { image, command: ["sh", "-c", "exit $CODE"], env: { CODE: "5" }, remove: true },
  },
  { type: "docker-run", label: "odd", dockerRun: { image, customOptions: "--gpus all" } },
];
const files = { ".vscode/tasks.json": JSON.stringify({ version: "2.0.0", tasks }) };

const manifest = JSON.parse(readFileSync(join(ROOT, "extension/package.json"), "utf8")) as {
  contributes: { commands: { command: string }[] };
};

describe("extension host", () => {
  let tests: readonly HostTest[] = [];

  before(async function () {
    // The first time, it installs an editor.
    this.timeout(20 * 60_000);
    await using daemon = await TestDaemon.start();
    await using registry = await TestRegistry.start(daemon);
    const env = {
      SLIPWAY_TEST_REGISTRY: registry.address,
      SLIPWAY_TEST_REGISTRY_LOGIN: `${registry.user}:${registry.password}`,
    };
    const settings = {
      "slipway.bundledEngine.dataRoot": join(daemon.root, "bundled"),
      "slipway.bundledEngine.socket": join(daemon.root, "bundled.sock"),
    };
    await using editor = await Editor.start({ daemon, env, settings, files });
    tests = await runHostTests(editor, "commands");
    const suite: Suite = this.test!.parent!;
    for (const { title, error } of tests)
      suite.addTest(
        new Test(title, () => {
          if (error !== undefined) fail(error);
        }),
      );
  });

  it("has a case for every command of package.json", () => {
    const titles = tests.map(({ title }) => title).join("\n");
    const commands = manifest.contributes.commands.map(({ command }) => command);
    deepEqual(
      commands.filter((command) => !new RegExp(`${command.replaceAll(".", "\\.")}\\b`).test(titles)),
      [],
    );
  });
});
