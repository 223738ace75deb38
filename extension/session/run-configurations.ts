import { basename } from "node:path";
import { FileSystemError, l10n, Range, Selection, Uri, window, workspace, type Disposable } from "vscode";
import { elementSpans, withElement, withoutElement } from "../model/json-text.ts";
import {
  CONFIGURATIONS_KEY,
  EMPTY_RUN_FILE,
  parseRunFile,
  RUN_FILE,
  type RunConfiguration,
  type RunFile,
} from "../model/run-configuration.ts";
import type { FolderConfigurations } from "../model/saved-trees.ts";
import type { Ui } from "../ui.ts";

/** Opens the form for a configuration. `name` is the one that is replaced. */
export type FormOpener = (
  folder: string,
  name: string | undefined,
  configuration: Partial<RunConfiguration> | undefined,
) => void;

/** The run configurations of the workspace's folders: their files are the only place where they are kept. */
export class RunConfigurations implements Disposable {
  readonly #listeners = new Set<() => void>();
  readonly #form: FormOpener;
  #watcher: Disposable | undefined;
  #known: Promise<readonly FolderConfigurations[]> | undefined;

  constructor(form: FormOpener) {
    this.#form = form;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What the files say, read once and again when one changes. */
  list(): Promise<readonly FolderConfigurations[]> {
    this.#watch();
    this.#known ??= Promise.all(
      (workspace.workspaceFolders ?? []).map(async ({ uri, name }) => {
        const { configurations, problems } = await readFile(fileOf(uri.fsPath));
        return { folder: uri.fsPath, label: name, configurations, problems };
      }),
    );
    return this.#known;
  }

  edit(folder: string, name: string | undefined, configuration: Partial<RunConfiguration> | undefined): void {
    this.#form(folder, name, configuration);
  }

  async chooseFolder(ui: Ui): Promise<string | undefined> {
    const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    if (folders.length === 0) {
      await ui.inform(l10n.t("Open a folder first: run configurations are kept in it."));
      return undefined;
    }
    if (folders.length === 1) return folders[0];
    return await ui.pick(
      l10n.t("Folder of the Run Configuration"),
      folders.map((value) => ({ label: basename(value), description: value, value })),
    );
  }

  /** Writes one: in the place of `name`, or behind the last. The rest of the file stays as it is. @throws Error for a name that is taken */
  async save(folder: string, name: string | undefined, configuration: RunConfiguration): Promise<void> {
    const text = await readText(fileOf(folder));
    const { configurations } = parseRunFile(text);
    if (configuration.name !== name && configurations.some((each) => each.name === configuration.name))
      throw new Error(l10n.t("There is a run configuration {0} already.", configuration.name));
    const index = indexOf(text, name);
    await this.#write(folder, withElement(text, CONFIGURATIONS_KEY, index, configuration));
  }

  async remove(folder: string, name: string): Promise<void> {
    const text = await readText(fileOf(folder));
    await this.#write(folder, withoutElement(text, CONFIGURATIONS_KEY, indexOf(text, name)));
  }

  async openFile(folder: string, name: string): Promise<void> {
    const document = await workspace.openTextDocument(fileOf(folder));
    const span = elementSpans(document.getText(), CONFIGURATIONS_KEY)?.elements[indexOf(document.getText(), name)];
    const editor = await window.showTextDocument(document);
    if (span === undefined) return;
    const start = document.positionAt(span.start);
    editor.selection = new Selection(start, start);
    editor.revealRange(new Range(start, document.positionAt(span.end)));
  }

  dispose(): void {
    this.#watcher?.dispose();
  }

  async #write(folder: string, text: string): Promise<void> {
    await workspace.fs.writeFile(fileOf(folder), Buffer.from(text));
    // Not left to the watcher: what was saved shows at once.
    this.#forget();
  }

  #watch(): void {
    if (this.#watcher !== undefined) return;
    const watcher = workspace.createFileSystemWatcher(`**/${RUN_FILE}`);
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete]) event(() => this.#forget());
    workspace.onDidChangeWorkspaceFolders(() => this.#forget());
    this.#watcher = watcher;
  }

  #forget(): void {
    this.#known = undefined;
    for (const listener of [...this.#listeners]) listener();
  }
}

function fileOf(folder: string): Uri {
  return Uri.joinPath(Uri.file(folder), RUN_FILE);
}

async function readText(file: Uri): Promise<string> {
  try {
    return Buffer.from(await workspace.fs.readFile(file)).toString("utf8");
  } catch (error) {
    if (error instanceof FileSystemError && error.code === "FileNotFound") return EMPTY_RUN_FILE;
    throw error;
  }
}

async function readFile(file: Uri): Promise<RunFile> {
  return parseRunFile(await readText(file));
}

/** Among all elements of the file, the broken ones too. -1 for none. */
function indexOf(text: string, name: string | undefined): number {
  if (name === undefined) return -1;
  const spans = elementSpans(text, CONFIGURATIONS_KEY)?.elements ?? [];
  return spans.findIndex(
    ({ start, end }) => parseRunFile(`{"configurations":[${text.slice(start, end)}]}`).configurations[0]?.name === name,
  );
}
