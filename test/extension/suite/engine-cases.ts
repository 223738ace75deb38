import { equal, match, ok } from "node:assert/strict";
import { ConfigurationTarget, workspace } from "vscode";
import type { Context } from "./context.ts";
import { activeText } from "./editor-text.ts";

export function engineCases(given: () => Context): void {
  describe("engine", () => {
    after(async () => {
      await workspace.getConfiguration("slipway").update("engine", undefined, ConfigurationTarget.Workspace);
    });

    it("nothing is asked of an engine by the activation", () => {
      equal(given().app.session.state.status, "idle");
    });

    it("slipway.engine.reconnect reaches the engine of DOCKER_HOST", async () => {
      await given().run("engine.reconnect");
      const { state } = given().app.session;
      ok(state.status === "connected", state.status);
      equal(state.engine.host, process.env["DOCKER_HOST"]);
    });

    it("slipway.engine.inspect shows version and facts", async () => {
      await given().run("engine.inspect");
      match(activeText(), /"ApiVersion"/);
    });

    it("slipway.engine.doctor names what this machine has", async () => {
      await given().run("engine.doctor");
      match(activeText(), /runc/);
    });

    it("slipway.engine.choose switches at once, and back", async () => {
      const host = process.env["DOCKER_HOST"] ?? "";
      given().ui.will({ pick: /Another address/ }, { ask: host });
      await given().run("engine.choose");
      equal(workspace.getConfiguration("slipway").get("engine"), host);
      given().ui.will({ pick: /Automatic/ });
      await given().run("engine.choose");
      await given().engine;
      equal(given().app.session.state.status, "connected");
    });

    it("slipway.engine.startBundled starts the engine that comes with the extension", async () => {
      await given().run("engine.startBundled");
      const { state } = given().app.session;
      ok(state.status === "connected", state.status);
      ok(state.engine.daemon !== undefined, "it is not ours");
      const list = await state.engine.containers.list({ all: true });
      equal(list.length, 0);
      given().ui.will({ pick: /Automatic/ });
      await given().run("engine.choose");
      equal((await given().engine).host, process.env["DOCKER_HOST"]);
    });
  });
}
