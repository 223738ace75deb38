import type { App } from "../app.ts";
import type { TreeNode } from "../model/tree-node.ts";

/** What a command was called on: rows of a tree, or nothing from the palette. */
export interface CommandArguments {
  readonly node: TreeNode | undefined;
  /** With `node` among them. */
  readonly nodes: readonly TreeNode[];
}

/** A command of package.json. What it throws is shown to the user, with what helps. */
export interface Command {
  readonly id: string;
  readonly run: (app: App, args: CommandArguments) => Promise<unknown>;
}
