import { equal } from "node:assert/strict";
import { commands, workspace } from "vscode";
import type { Context } from "./context.ts";

export function viewCases(given: () => Context): void {
  describe("views", () => {
    const labels = (): readonly string[] => given().app.views.containers.rows.map(({ label }) => label);
    const drawn = async (wanted: readonly string[]): Promise<void> => {
      const view = given().app.views.containers;
      if (labels().join() === wanted.join()) return;
      await new Promise<void>((resolve) => {
        const listener = view.onDidBuild(() => {
          if (labels().join() !== wanted.join()) return;
          listener.dispose();
          resolve();
        });
      });
    };

    before(async () => {
      await commands.executeCommand("slipway.containers.focus");
      const engine = await given().engine;
      await engine.containers.prune();
    });

    it("slipway.containers.filter and slipway.containers.clearFilter", async () => {
      await using _a = await given().running({ name: "alpha" });
      await using _b = await given().running({ name: "beta" });
      await drawn(["alpha", "beta"]);
      given().ui.will({ ask: "name:bet" });
      await given().run("containers.filter");
      await drawn(["beta"]);
      await given().run("containers.clearFilter");
      await drawn(["alpha", "beta"]);
    });

    for (const view of ["images", "networks", "volumes"] as const) {
      it(`slipway.${view}.filter and slipway.${view}.clearFilter`, async () => {
        given().ui.will({ ask: "nothing-like-it" });
        await given().run(`${view}.filter`);
        equal(given().app.views.filter(view), "nothing-like-it");
        await given().run(`${view}.clearFilter`);
        equal(given().app.views.filter(view), "");
      });
    }

    it("slipway.containers.groupBy", async () => {
      await using _a = await given().running({ name: "alpha" });
      given().ui.will({ pick: "State" });
      await given().run("containers.groupBy");
      await drawn(["running"]);
      given().ui.will({ pick: "Compose project" });
      await given().run("containers.groupBy");
      await drawn(["alpha"]);
    });

    it("slipway.containers.sortBy", async () => {
      await using _a = await given().running({ name: "older" });
      await using _b = await given().running({ name: "newer" });
      await drawn(["newer", "older"]);
      await new Promise((resolve) => setTimeout(resolve, 0));
      given().ui.will({ pick: "Running first" });
      await given().run("containers.sortBy");
      equal(workspace.getConfiguration("slipway.containers").get("sortBy"), "state");
      given().ui.will({ pick: "Name" });
      await given().run("containers.sortBy");
    });

    it("slipway.images.sortBy", async () => {
      given().ui.will({ pick: "Largest first" });
      await given().run("images.sortBy");
      equal(workspace.getConfiguration("slipway.images").get("sortBy"), "size");
      given().ui.will({ pick: "Name" });
      await given().run("images.sortBy");
    });

    it("slipway.containers.showThisWorkspace and slipway.containers.showAll", async () => {
      const folder = workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
      await using _a = await given().running({
        name: "mine",
        mounts: [{ type: "bind", source: folder, target: "/src" }],
      });
      await using _b = await given().running({ name: "theirs" });
      await drawn(["mine", "theirs"]);
      await given().run("containers.showThisWorkspace");
      await drawn(["mine"]);
      await given().run("containers.showAll");
      await drawn(["mine", "theirs"]);
    });

    it("slipway.views.refresh lists anew", async () => {
      await given().run("views.refresh");
      await drawn([]);
    });
  });
}
