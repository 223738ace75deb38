import { window } from "vscode";

/** Resolves when the tab that the user sees has this title: it comes after the panel was made. */
export async function activeTab(title: RegExp): Promise<void> {
  const there = (): boolean => title.test(window.tabGroups.activeTabGroup.activeTab?.label ?? "");
  if (there()) return;
  await new Promise<void>((resolve) => {
    const listener = window.tabGroups.onDidChangeTabs(() => {
      if (!there()) return;
      listener.dispose();
      resolve();
    });
  });
}

/** Text of the document that the user sees. */
export function activeText(): string {
  return window.activeTextEditor?.document.getText() ?? "";
}
