import { env, l10n, ProgressLocation, Uri, window, workspace, type CancellationToken } from "vscode";
import type { QuickPickItem } from "vscode";

export interface Choice<T> extends QuickPickItem {
  readonly value: T;
}

export interface Question {
  readonly title: string;
  readonly prompt?: string;
  readonly value?: string;
  readonly placeholder?: string;
  readonly secret?: boolean;
  /** A sentence when it cannot be taken. */
  readonly check?: (text: string) => string | undefined;
}

export interface ProgressReport {
  (message: string, fraction?: number): void;
}

/** All that is asked of the user or shown to them in passing; tests put their answers in its place. Undefined is "changed my mind". */
export interface Ui {
  pick<T>(title: string, choices: readonly Choice<T>[] | Promise<readonly Choice<T>[]>): Promise<T | undefined>;
  ask(question: Question): Promise<string | undefined>;
  /** For what cannot be undone. */
  confirm(message: string, detail: string, action: string): Promise<boolean>;
  /** @returns the chosen action */
  inform(message: string, ...actions: readonly string[]): Promise<string | undefined>;
  warn(message: string, ...actions: readonly string[]): Promise<string | undefined>;
  fail(message: string, ...actions: readonly string[]): Promise<string | undefined>;
  /** A notification that can be cancelled. */
  progress<T>(title: string, work: (report: ProgressReport, signal: AbortSignal) => Promise<T>): Promise<T>;
  saveFile(name: string, filters: Readonly<Record<string, string[]>>): Promise<Uri | undefined>;
  openFile(title: string, filters: Readonly<Record<string, string[]>>): Promise<Uri | undefined>;
  copy(text: string): Promise<void>;
  browse(url: string): Promise<void>;
}

/** The editor's own boxes. */
export function editorUi(): Ui {
  return {
    pick: async (title, choices) =>
      (await window.showQuickPick(Promise.resolve(choices), { title, matchOnDescription: true }))?.value,
    ask: async ({ title, prompt, value, placeholder, secret, check }) =>
      await window.showInputBox({
        title,
        prompt,
        value,
        placeHolder: placeholder,
        password: secret,
        ignoreFocusOut: true,
        validateInput: (text) => check?.(text),
      }),
    confirm: async (message, detail, action) =>
      (await window.showWarningMessage(message, { modal: true, detail }, action)) === action,
    inform: async (message, ...actions) => await window.showInformationMessage(message, ...actions),
    warn: async (message, ...actions) => await window.showWarningMessage(message, ...actions),
    fail: async (message, ...actions) => await window.showErrorMessage(message, ...actions),
    progress: (title, work) => notifiedProgress(title, work),
    saveFile: async (name, filters) => await window.showSaveDialog({ defaultUri: beside(name), filters }),
    openFile: async (title, filters) => (await window.showOpenDialog({ title, filters, canSelectMany: false }))?.[0],
    copy: async (text) => {
      await env.clipboard.writeText(text);
      window.setStatusBarMessage(l10n.t("Copied: {0}", text.length > 60 ? `${text.slice(0, 59)}…` : text), 2000);
    },
    browse: async (url) => void (await env.openExternal(Uri.parse(url))),
  };
}

function beside(name: string): Uri | undefined {
  const folder = workspace.workspaceFolders?.[0];
  return folder === undefined ? undefined : Uri.joinPath(folder.uri, name);
}

async function notifiedProgress<T>(
  title: string,
  work: (report: ProgressReport, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const options = { location: ProgressLocation.Notification, title, cancellable: true };
  return await window.withProgress(options, async (progress, token) => {
    let before = 0;
    const report: ProgressReport = (message, fraction = 0) => {
      const increment = Math.max(0, fraction * 100 - before);
      before += increment;
      progress.report({ message, increment });
    };
    return await work(report, signalOf(token));
  });
}

export function signalOf(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
