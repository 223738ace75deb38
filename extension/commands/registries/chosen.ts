import type { App } from "../../app.ts";
import type { CommandArguments } from "../command.ts";

export async function chosenRegistry(app: App, { node }: CommandArguments, title: string): Promise<string | undefined> {
  if (node !== undefined && "address" in node.subject) return node.subject.address;
  const choices = app.registries
    .list()
    .map(({ address, user }) => ({ label: address, description: user ?? "", value: address }));
  return await app.ui.pick(title, choices);
}
