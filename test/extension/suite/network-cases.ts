import { match } from "node:assert/strict";
import type { Context } from "./context.ts";
import { activeText } from "./editor-text.ts";

export function networkCases(given: () => Context): void {
  const idOf = (name: string): string =>
    given()
      .app.mirror.networks.values()
      .find((each) => each.name === name)?.id ?? "";
  const network = (name: string) => ({ type: "network", id: idOf(name) }) as const;

  describe("networks", () => {
    before(() => given().app.mirror.want("networks"));

    it("slipway.networks.create takes a subnet", async () => {
      given().ui.will({ ask: "backend" }, { ask: "172.31.5.0/24" });
      await given().run("networks.create");
      await given().until(given().app.mirror.networks, () => idOf("backend") !== "");
    });

    it("slipway.networks.inspect", async () => {
      await given().run("networks.inspect", network("backend"));
      match(activeText(), /172\.31\.5\.0\/24/);
    });

    it("slipway.networks.connect and slipway.networks.disconnect", async () => {
      await using container = await given().running({ name: "joiner" });
      const on = () => given().item(container.id)?.networks.includes("backend");
      given().ui.will({ pick: "joiner" });
      await given().run("networks.connect", network("backend"));
      await given().until(given().app.mirror.containers, () => on() === true);
      await given().run("networks.disconnect", {
        type: "attachment",
        network: idOf("backend"),
        container: container.id,
      });
      await given().until(given().app.mirror.containers, () => on() === false);
    });

    it("slipway.networks.remove", async () => {
      given().ui.will({ confirm: true });
      await given().run("networks.remove", network("backend"));
      await given().until(given().app.mirror.networks, () => idOf("backend") === "");
    });

    it("slipway.networks.prune", async () => {
      await (await given().engine).networks.create({ name: "lonely" });
      await given().until(given().app.mirror.networks, () => idOf("lonely") !== "");
      given().ui.will({ confirm: true });
      await given().run("networks.prune");
      await given().until(given().app.mirror.networks, () => idOf("lonely") === "");
    });
  });

  describe("volumes", () => {
    const there = (name: string): boolean => given().app.mirror.volumes.get(name) !== undefined;

    before(() => given().app.mirror.want("volumes"));

    it("slipway.volumes.create", async () => {
      given().ui.will({ ask: "data" });
      await given().run("volumes.create");
      await given().until(given().app.mirror.volumes, () => there("data"));
    });

    it("slipway.volumes.inspect", async () => {
      await given().run("volumes.inspect", { type: "volume", name: "data" });
      match(activeText(), /"Mountpoint"/);
    });

    it("slipway.volumes.remove tells how much is lost", async () => {
      given().ui.will({ confirm: true });
      await given().run("volumes.remove", { type: "volume", name: "data" });
      match(given().ui.said[0] ?? "", /gone for good/);
      await given().until(given().app.mirror.volumes, () => !there("data"));
    });

    it("slipway.volumes.prune", async () => {
      await (await given().engine).volumes.create({ name: "unused" });
      await given().until(given().app.mirror.volumes, () => there("unused"));
      given().ui.will({ pick: /with a name too/ }, { confirm: true });
      await given().run("volumes.prune");
      await given().until(given().app.mirror.volumes, () => !there("unused"));
    });
  });
}
