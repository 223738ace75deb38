import { commands, type Disposable } from "vscode";
import type { App } from "../app.ts";
import type { TreeNode } from "../model/tree-node.ts";
import type { Command } from "./command.ts";
import { showFailure } from "./failures.ts";
import { COMMANDS } from "./table.ts";

/** Registers them all. A command that fails has told the user when it resolves. */
export function registerCommands(app: App): readonly Disposable[] {
  return COMMANDS.map((command) =>
    commands.registerCommand(
      command.id,
      async (node?: unknown, selected?: unknown) => await runCommand(app, command, node, selected),
    ),
  );
}

async function runCommand(app: App, command: Command, node: unknown, selected: unknown): Promise<unknown> {
  const first = isNode(node) ? node : undefined;
  const nodes = Array.isArray(selected) ? selected.filter(isNode) : [];
  try {
    // A menu gives the row and, when it is among them, all selected ones.
    return await command.run(app, {
      node: first,
      nodes: nodes.length > 0 ? nodes : first === undefined ? [] : [first],
    });
  } catch (error) {
    await showFailure(app, error);
    return undefined;
  }
}

/** Title buttons and keybindings call with other things, or none. */
function isNode(value: unknown): value is TreeNode {
  return typeof value === "object" && value !== null && "subject" in value && "id" in value;
}
