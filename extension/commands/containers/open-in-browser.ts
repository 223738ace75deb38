import { l10n } from "vscode";
import { addressOf, isUp } from "../../model/container.ts";
import type { Command } from "../command.ts";
import { chosenContainers } from "../targets.ts";

export const command: Command = {
  id: "slipway.containers.openInBrowser",
  async run(app, args) {
    const port = args.node?.subject.type === "port" ? args.node.subject.url : undefined;
    if (port !== undefined) return await app.ui.browse(port);
    const published = (each: { readonly protocol: string; readonly host: number | undefined }): boolean =>
      each.protocol === "tcp" && each.host !== undefined;
    const [container] = await chosenContainers(
      app,
      args,
      l10n.t("Open Container in Browser"),
      (each) => isUp(each) && each.ports.some(published),
    );
    if (container === undefined) return;
    const choices = container.ports.filter(published).map((each) => ({
      label: addressOf(each),
      description: l10n.t("port {0} of {1}", each.container, container.name),
      value: addressOf(each),
    }));
    const url = choices.length === 1 ? choices[0]?.value : await app.ui.pick(l10n.t("Address to open"), choices);
    if (url !== undefined) await app.ui.browse(url);
  },
};
