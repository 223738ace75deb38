import { l10n } from "vscode";
import type { Command } from "../command.ts";
import { chosenImages } from "../targets.ts";

/** Runs an image with what it says itself, its ports published on free ones of the host. */
export const command: Command = {
  id: "slipway.images.run",
  async run(app, args) {
    const [chosen] = await chosenImages(app, args, l10n.t("Run Image"));
    if (chosen === undefined) return;
    const engine = await app.session.engine();
    const { Config } = await engine.images.withId(chosen.image.id).inspect();
    const publish = Object.keys(Config.ExposedPorts ?? {}).map((port) => {
      const [container, protocol = "tcp"] = port.split("/");
      return { container: Number(container), protocol: protocol as "tcp" | "udp" };
    });
    const container = await engine.containers.create({ image: chosen.reference, publish, pull: "never" });
    try {
      await container.start();
    } catch (error) {
      await container.remove({ force: true, volumes: true });
      throw error;
    }
  },
};
