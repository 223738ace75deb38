import type { TreeNode } from "./tree-node.ts";

/** What has to be drawn anew: the whole tree, or these rows with what is below them. */
export type Redraw = "all" | readonly TreeNode[];

/**
 * Brings `current` to what `next` says and keeps the objects of rows that stay, for the editor knows them by identity.
 * @returns the new top rows and the least that has to be redrawn.
 */
export function reconcile(
  current: readonly TreeNode[],
  next: readonly TreeNode[],
): { rows: TreeNode[]; redraw: Redraw } {
  const changed: TreeNode[] = [];
  const rows = merge(current, next, changed);
  return { rows, redraw: sameRows(current, rows) ? changed : "all" };
}

function merge(current: readonly TreeNode[], next: readonly TreeNode[], changed: TreeNode[]): TreeNode[] {
  const known = new Map(current.map((node) => [node.id, node]));
  return next.map((node) => {
    const before = known.get(node.id);
    if (before === undefined) return node;
    update(before, node, changed);
    return before;
  });
}

function update(node: TreeNode, next: TreeNode, changed: TreeNode[]): void {
  const below: TreeNode[] = [];
  const children = next.children && merge(node.children ?? [], next.children, below);
  const own = !sameFace(node, next) || !sameRows(node.children ?? [], children ?? []);
  Object.assign(node, next, { children });
  // A row that is redrawn brings what is below it.
  if (own) changed.push(node);
  else changed.push(...below);
}

function sameRows(a: readonly TreeNode[], b: readonly TreeNode[]): boolean {
  return a.length === b.length && a.every((node, index) => node === b[index]);
}

function sameFace(a: TreeNode, b: TreeNode): boolean {
  return face(a) === face(b);
}

function face({ children, ...rest }: TreeNode): string {
  return JSON.stringify([rest, children === undefined]);
}
