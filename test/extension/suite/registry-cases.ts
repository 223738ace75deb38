import { deepEqual, equal, match } from "node:assert/strict";
import type { Context } from "./context.ts";
import { registryAddress, registryLogin } from "./surroundings.ts";

export function registryCases(given: () => Context): void {
  describe("registries", () => {
    const address = registryAddress();
    const tag = { type: "tag", address, repository: "team/busybox", tag: "1" } as const;
    const saved = () =>
      given()
        .app.registries.list()
        .find((each) => each.address === address);

    it("slipway.registries.connect refuses wrong credentials in the registry's name", async () => {
      given().ui.will({ ask: address }, { ask: "user" }, { ask: "wrong" });
      await given()
        .run("registries.connect")
        .catch(() => undefined);
      match(given().ui.said.at(-1) ?? "", /refuses the credentials of user/);
    });

    it("slipway.registries.connect keeps credentials and lists repositories", async () => {
      const { username, password } = registryLogin();
      given().ui.will({ ask: address }, { ask: username }, { ask: password });
      await given().run("registries.connect");
      deepEqual(
        saved()?.repositories.map(({ name }) => name),
        ["team/busybox"],
      );
    });

    it("tags are asked for when a repository is unfolded", async () => {
      await given().app.registries.want(address, "team/busybox");
      deepEqual(saved()?.repositories[0]?.tags, ["1"]);
    });

    it("slipway.registries.refresh asks again", async () => {
      await given().run("registries.refresh", { type: "registry", address });
      equal(saved()?.problem, undefined);
    });

    it("slipway.registries.copyReference and slipway.registries.copyDigest", async () => {
      await given().run("registries.copyReference", tag);
      await given().run("registries.copyDigest", tag);
      equal(given().ui.copied[0], `${address}/team/busybox:1`);
      match(given().ui.copied[1] ?? "", /^sha256:[0-9a-f]{64}$/);
    });

    it("slipway.registries.pull brings the tag", async () => {
      await given().run("registries.pull", tag);
      await (await given().engine).images.get(`${address}/team/busybox:1`);
    });

    it("slipway.registries.disconnect forgets it", async () => {
      await given().run("registries.disconnect", { type: "registry", address });
      equal(saved(), undefined);
    });
  });
}
