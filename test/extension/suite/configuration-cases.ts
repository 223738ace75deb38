import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { window, workspace } from "vscode";
import { containerOfConfiguration } from "../../../extension/model/saved-trees.ts";
import type { Context } from "./context.ts";
import { activeTab, activeText } from "./editor-text.ts";

export function configurationCases(given: () => Context): void {
  describe("run configurations", () => {
    const folder = workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
    const file = join(folder, ".vscode/slipway.json");
    const web = { type: "configuration", folder, name: "web" } as const;
    const container = () => containerOfConfiguration(given().app.mirror.containers.values(), folder, "web");
    const becomes = (state: string) => given().until(given().app.mirror.containers, () => container()?.state === state);
    const names = async () =>
      (await given().app.configurations.list()).flatMap(({ configurations }) => configurations.map(({ name }) => name));

    before(async () => {
      const page = "mkdir -p /www && echo hello > /www/index.html && echo ready && exec httpd -f -p 80 -h /www";
      const configuration = {
        name: "web",
        image: "busybox:latest",
        command: ["sh", "-c", page],
        ports: ["18090:80"],
        volumes: [".:/src:ro"],
        env: { FROM: "${workspaceFolder}" },
        limits: { memory: "64m", pids: 50 },
        ready: { port: 80, log: "^ready$" },
      };
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `// by hand\n${JSON.stringify({ configurations: [configuration] }, undefined, 2)}\n`);
      await given().app.configurations.save(folder, undefined, { name: "other", image: "busybox" });
    });

    it("a configuration is saved without touching the rest of the file", async () => {
      deepEqual(await names(), ["web", "other"]);
      match(await readFile(file, "utf8"), /^\/\/ by hand\n/);
    });

    it("slipway.configurations.start waits until it is ready", async () => {
      await given().run("configurations.start", web);
      const text = await (await fetch("http://127.0.0.1:18090/")).text();
      equal(text, "hello\n");
      await becomes("running");
      const found = await (await (await given().engine).containers.get("web")).inspect();
      ok(found.Config.Env?.includes(`FROM=${folder}`));
      equal(found.HostConfig.Memory, 64 * 1024 * 1024);
    });

    it("slipway.configurations.open goes to its port", async () => {
      await given().run("configurations.open", web);
      deepEqual(given().ui.browsed, ["http://localhost:18090"]);
    });

    it("slipway.configurations.logs opens its log", async () => {
      await given().run("configurations.logs", web);
      await activeTab(/web/);
    });

    it("slipway.configurations.restart makes the container anew", async () => {
      const before = container()?.id;
      await given().run("configurations.restart", web);
      await given().until(
        given().app.mirror.containers,
        () => container()?.state === "running" && container()?.id !== before,
      );
    });

    it("slipway.configurations.stop", async () => {
      await given().run("configurations.stop", web);
      await becomes("exited");
      await (await (await given().engine).containers.get("web")).remove();
    });

    it("slipway.configurations.create and slipway.configurations.edit open the form", async () => {
      await given().run("configurations.create");
      await activeTab(/New Run Configuration/);
      await given().run("configurations.edit", web);
      await activeTab(/^web$/);
    });

    it("slipway.configurations.editFile goes to its place", async () => {
      await given().run("configurations.editFile", { ...web, name: "other" });
      const line = window.activeTextEditor?.selection.active.line ?? 0;
      match(
        activeText()
          .split("\n")
          .slice(line, line + 2)
          .join("\n"),
        /"name": "other"/,
      );
    });

    it("slipway.configurations.delete", async () => {
      given().ui.will({ confirm: true });
      await given().run("configurations.delete", { ...web, name: "other" });
      deepEqual(await names(), ["web"]);
    });

    it("a container that ends before it is ready is told of", async () => {
      await given().app.configurations.save(folder, undefined, {
        name: "hasty",
        image: "busybox:latest",
        command: "false",
        ready: { log: "x" },
      });
      await given()
        .run("configurations.start", { ...web, name: "hasty" })
        .catch(() => undefined);
      match(given().ui.said.at(-1) ?? "", /ended with code 1 before it was ready/);
      await (await (await given().engine).containers.get("hasty")).remove({ force: true });
      await given().app.configurations.remove(folder, "hasty");
    });
  });
}
