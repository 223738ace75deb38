import { basename } from "node:path";
import { l10n } from "vscode";
import type { App } from "../../app.ts";
import { containerOfConfiguration } from "../../model/saved-trees.ts";
import type { RunConfiguration } from "../../model/run-configuration.ts";
import type { Container } from "../../model/container.ts";
import type { CommandArguments } from "../command.ts";
import { listed } from "../targets.ts";

export interface ChosenConfiguration {
  readonly folder: string;
  readonly configuration: RunConfiguration;
}

export async function chosenConfigurations(
  app: App,
  { nodes }: CommandArguments,
  title: string,
): Promise<readonly ChosenConfiguration[]> {
  const all = (await app.configurations.list()).flatMap(({ folder, configurations }) =>
    configurations.map((configuration) => ({ folder, configuration })),
  );
  if (nodes.length > 0)
    return nodes.flatMap(({ subject }) => {
      if (subject.type !== "configuration") return [];
      return all.filter(
        ({ folder, configuration }) => folder === subject.folder && configuration.name === subject.name,
      );
    });
  if (all.length === 0) {
    await app.ui.inform(l10n.t("There are no run configurations in this workspace yet."));
    return [];
  }
  const choices = all.map((value) => ({
    label: value.configuration.name,
    description: `${value.configuration.image}  ${basename(value.folder)}`,
    value,
  }));
  const picked = await app.ui.pick(title, choices);
  return picked === undefined ? [] : [picked];
}

/** The container of a configuration, as the engine has it now. */
export async function containerFor(
  app: App,
  { folder, configuration }: ChosenConfiguration,
): Promise<Container | undefined> {
  return containerOfConfiguration((await listed(app, "containers")).values(), folder, configuration.name);
}
