import { deepEqual, equal, match, ok } from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { window } from "vscode";
import { IMAGE, type Context } from "./context.ts";
import { activeText } from "./editor-text.ts";
import { registryAddress, registryLogin } from "./surroundings.ts";

export function imageCases(given: () => Context): void {
  describe("images", () => {
    const image = (tag: string) => ({ type: "image", id: idOf(tag), tag }) as const;
    const idOf = (tag: string): string =>
      given()
        .app.mirror.images.values()
        .find(({ tags }) => tags.includes(tag))?.id ?? "";
    const has = (tag: string) => given().until(given().app.mirror.images, () => idOf(tag) !== "");
    const lacks = (tag: string) => given().until(given().app.mirror.images, () => idOf(tag) === "");
    const remote = `${registryAddress()}/team/busybox:1`;
    const archive = join(process.env["TMPDIR"] ?? "/tmp", "saved.tar");

    before(async () => {
      given().app.mirror.want("images");
      await has(IMAGE);
    });

    it("slipway.images.tag gives it another name", async () => {
      given().ui.will({ ask: remote });
      await given().run("images.tag", image(IMAGE));
      await has(remote);
    });

    it("slipway.images.push sends it with the credentials of the connected registry", async () => {
      await given().app.registries.connect(registryAddress(), registryLogin());
      await given().run("images.push", image(remote));
      match(given().ui.said.at(-1) ?? "", /sha256:/);
    });

    it("slipway.images.remove names what comes back", async () => {
      given().ui.will({ confirm: true });
      await given().run("images.remove", image(remote));
      match(given().ui.said[0] ?? "", /Only the name goes/);
      await lacks(remote);
    });

    it("slipway.images.pull shows its progress", async () => {
      given().ui.will({ ask: remote });
      await given().run("images.pull");
      await has(remote);
      ok(given().ui.reports.length > 0);
    });

    it("slipway.images.pull that is cancelled is no failure", async () => {
      given().ui.cancelNext = true;
      given().ui.will({ ask: remote });
      await given().run("images.pull");
      equal(
        given().ui.said.some((text) => text.includes("is here")),
        false,
      );
    });

    it("slipway.images.run starts a container", async () => {
      await given().run("images.run", image(IMAGE));
      const engine = await given().engine;
      const made = (await engine.containers.list({ all: true })).filter(({ Image }) => Image === IMAGE);
      equal(made.length, 1);
      await (await engine.containers.get(made[0]!.Id)).remove({ force: true });
    });

    it("slipway.images.runInteractive runs in a terminal", async () => {
      const opened = new Promise<void>((resolve) => {
        const listener = window.onDidOpenTerminal(() => {
          listener.dispose();
          resolve();
        });
      });
      await given().run("images.runInteractive", image(IMAGE));
      await opened;
      const terminal = window.terminals.at(-1);
      const running = () =>
        given()
          .app.mirror.containers.values()
          .find(({ state }) => state === "running");
      await given().until(given().app.mirror.containers, () => running() !== undefined);
      terminal?.sendText("exit");
      await given().until(given().app.mirror.containers, () => running() === undefined);
      terminal?.dispose();
    });

    it("slipway.images.save writes an archive, and slipway.images.load reads it", async () => {
      given().ui.will({ save: archive });
      await given().run("images.save", image(remote));
      ok((await stat(archive)).size > 100_000);
      await (await given().engine).images.remove(remote);
      await lacks(remote);
      given().ui.will({ open: archive });
      await given().run("images.load");
      await has(remote);
    });

    it("slipway.images.inspect shows its config", async () => {
      await given().run("images.inspect", image(IMAGE));
      match(activeText(), /"RootFS"/);
    });

    it("slipway.images.history shows its steps", async () => {
      await given().run("images.history", image(IMAGE));
      match(activeText(), /CREATED BY[^]*layer 0/);
    });

    it("slipway.images.copyName", async () => {
      await given().run("images.copyName", image(IMAGE));
      deepEqual(given().ui.copied, [IMAGE]);
    });

    it("slipway.images.prune removes what no container uses", async () => {
      await using _user = await given().running();
      const engine = await given().engine;
      const made = await engine.images.import(new Uint8Array(1024), { reference: "unused:1" });
      await has("unused:1");
      given().ui.will({ pick: /All that no container uses/ }, { confirm: true });
      await given().run("images.prune");
      await lacks("unused:1");
      ok(made.id !== idOf(IMAGE) && idOf(IMAGE) !== "");
    });
  });
}
