import {
  EventEmitter,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  window,
  type Disposable,
  type TreeDataProvider,
  type TreeView,
} from "vscode";
import { reconcile } from "../model/reconcile.ts";
import type { TreeNode } from "../model/tree-node.ts";

export interface NodeViewDeps {
  readonly id: string;
  /** The rows as they should be now. */
  readonly build: () => TreeNode[] | Promise<TreeNode[]>;
  /**
   * Called when the editor first wants rows: nothing is done for a view that nobody opened. Resolves when there is something to show.
   */
  readonly onFirstUse: () => Promise<void> | void;
  /** Called when the editor wants what is below a row, also with each drawing of one that is unfolded. */
  readonly onChildren?: (node: TreeNode) => void;
  /** Called when the user unfolds a row; the editor forgets to tell when the row is drawn anew at that moment. */
  readonly onUnfold?: (node: TreeNode) => void;
  /** Number and meaning of the badge; 0 shows none. */
  readonly badge?: () => { readonly value: number; readonly tooltip: string };
}

/** Draws plain rows. It is told that something changed, builds anew, and redraws only the rows that differ. */
export class NodeView implements TreeDataProvider<TreeNode>, Disposable {
  readonly #deps: NodeViewDeps;
  readonly #changed = new EventEmitter<TreeNode | readonly TreeNode[] | undefined>();
  readonly #drawn = new EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event as TreeDataProvider<TreeNode>["onDidChangeTreeData"];
  /** After rows were rebuilt. */
  readonly onDidBuild = this.#drawn.event;
  readonly view: TreeView<TreeNode>;
  #rows: TreeNode[] = [];
  #parents = new Map<TreeNode, TreeNode>();
  #opened: Promise<void> | undefined;
  #used = false;
  #scheduled = false;

  constructor(deps: NodeViewDeps) {
    this.#deps = deps;
    this.view = window.createTreeView(deps.id, {
      treeDataProvider: this,
      canSelectMany: true,
      showCollapseAll: true,
      manageCheckboxStateManually: true,
    });
    if (deps.onUnfold !== undefined) this.view.onDidExpandElement(({ element }) => deps.onUnfold?.(element));
  }

  get rows(): readonly TreeNode[] {
    return this.#rows;
  }

  /** The row with this id, at any depth. */
  find(id: string): TreeNode | undefined {
    const search = (rows: readonly TreeNode[]): TreeNode | undefined => {
      for (const row of rows) {
        const found = row.id === id ? row : search(row.children ?? []);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return search(this.#rows);
  }

  /** Something changed: all that changes in this turn is drawn once. */
  changed(): void {
    if (!this.#used || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#rebuild();
    });
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (node !== undefined) {
      this.#deps.onChildren?.(node);
      return node.children ?? [];
    }
    await (this.#opened ??= this.#open());
    return this.#rows;
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return this.#parents.get(node);
  }

  getTreeItem(node: TreeNode): TreeItem {
    const { children, open, icon, command } = node;
    const state =
      children === undefined
        ? TreeItemCollapsibleState.None
        : open
          ? TreeItemCollapsibleState.Expanded
          : TreeItemCollapsibleState.Collapsed;
    const item = new TreeItem(node.label, state);
    item.id = node.id;
    item.description = node.description;
    item.contextValue = node.context;
    item.accessibilityInformation = { label: node.spoken };
    if (icon !== undefined)
      item.iconPath = new ThemeIcon(icon.name, icon.color === undefined ? undefined : new ThemeColor(icon.color));
    if (node.tooltip !== "") item.tooltip = new MarkdownString(node.tooltip);
    if (command !== undefined) item.command = { command, title: node.label, arguments: [node] };
    return item;
  }

  dispose(): void {
    this.view.dispose();
    this.#changed.dispose();
    this.#drawn.dispose();
  }

  async #open(): Promise<void> {
    await this.#deps.onFirstUse();
    this.#used = true;
    this.#take(await this.#deps.build());
    // VS Code lays out the rows of a view that was folded when its message is set, or two seconds later.
    this.view.message = this.view.message;
  }

  async #rebuild(): Promise<void> {
    const { rows, redraw } = reconcile(this.#rows, await this.#deps.build());
    this.#take(rows);
    if (redraw === "all") this.#changed.fire(undefined);
    else if (redraw.length > 0) this.#changed.fire(redraw);
  }

  #take(rows: TreeNode[]): void {
    this.#rows = rows;
    this.#parents = new Map();
    const walk = (node: TreeNode): void => {
      for (const child of node.children ?? []) {
        this.#parents.set(child, node);
        walk(child);
      }
    };
    for (const row of rows) walk(row);
    const badge = this.#deps.badge?.();
    this.view.badge = badge === undefined || badge.value === 0 ? undefined : badge;
    this.#drawn.fire();
  }
}
