import { ViewColumn, window, l10n, Uri, workspace, type Disposable, type WebviewPanel } from "vscode";
import type { Container } from "../model/container.ts";
import type { Happening } from "../model/engine-mirror.ts";
import type { Session } from "../session/session.ts";
import type { Ui } from "../ui.ts";
import type { FromPage, ToPage } from "./log-messages.ts";
import { LogReader } from "./log-reader.ts";
import { logBody } from "./log-body.ts";
import { pageHtml } from "./page.ts";

export interface LogPanelsDeps {
  readonly session: Session;
  readonly root: Uri;
  readonly ui: () => Ui;
  readonly onError: (error: unknown) => void;
}

/** A panel for the log of each container that was asked for. */
export class LogPanels implements Disposable {
  readonly #deps: LogPanelsDeps;
  readonly #open = new Map<string, LogPanel>();

  constructor(deps: LogPanelsDeps) {
    this.#deps = deps;
  }

  open(container: Container): LogPanel {
    const there = this.#open.get(container.id);
    if (there !== undefined) {
      there.panel.reveal();
      return there;
    }
    const opened = new LogPanel(container, this.#deps);
    this.#open.set(container.id, opened);
    opened.panel.onDidDispose(() => this.#open.delete(container.id));
    return opened;
  }

  take(event: Happening): void {
    if (event.type === "container") this.#open.get(event.id)?.reader.take(event);
  }

  dispose(): void {
    for (const each of [...this.#open.values()]) each.panel.dispose();
  }
}

/** The host's side of one page. The page holds no lines but those that it draws. */
export class LogPanel {
  readonly panel: WebviewPanel;
  readonly reader: LogReader;
  readonly #deps: LogPanelsDeps;
  readonly #name: string;
  #status = "";
  #renumbered = 0;
  #first: string | undefined;
  #dropped = 0;
  #telling = false;
  #disposed = false;

  constructor(container: Container, deps: LogPanelsDeps) {
    this.#deps = deps;
    this.#name = container.name;
    this.panel = window.createWebviewPanel("slipway.log", l10n.t("Log: {0}", container.name), ViewColumn.Active, {
      enableScripts: true,
      retainContextWhenHidden: true,
      localResourceRoots: [Uri.joinPath(deps.root, "dist/pages")],
    });
    this.panel.iconPath = {
      light: Uri.joinPath(deps.root, "media/log-light.svg"),
      dark: Uri.joinPath(deps.root, "media/log-dark.svg"),
    };
    this.reader = new LogReader({
      session: deps.session,
      container: container.id,
      onLines: () => this.#changed(),
      onStatus: (status) => {
        this.#status = status;
        this.#changed();
      },
    });
    this.panel.onDidDispose(() => {
      this.#disposed = true;
      this.reader[Symbol.dispose]();
    });
    this.panel.webview.onDidReceiveMessage((message: FromPage) => void this.#take(message).catch(deps.onError));
    this.panel.webview.html = pageHtml(this.panel.webview, deps.root, {
      name: "log",
      title: container.name,
      body: logBody(),
    });
    this.reader.read();
  }

  async #take(message: FromPage): Promise<void> {
    const { store } = this.reader;
    switch (message.type) {
      case "ready":
        return this.#tell();
      case "rows": {
        const { from, to } = message;
        return this.#post({ type: "rows", from, rows: store.rows(from, to), renumbered: this.#renumbered });
      }
      case "filter":
        store.filter(message.filter);
        this.#renumbered++;
        return this.#tell();
      case "find":
        return this.#post({ type: "found", index: store.find(message.text, message.from, message.backwards) });
      case "earlier":
        return await this.reader.readEarlier();
      case "action":
        return await this.#act(message.name);
    }
  }

  async #act(name: "document" | "save" | "clear"): Promise<void> {
    const { store } = this.reader;
    if (name === "clear") {
      store.clear();
      this.#renumbered++;
      return this.#tell();
    }
    await this.reader.readEarlier();
    const text = `${[...store.texts()].join("\n")}\n`;
    if (name === "document") {
      await window.showTextDocument(await workspace.openTextDocument({ content: text, language: "log" }));
      return;
    }
    const target = await this.#deps.ui().saveFile(`${this.#name}.log`, { [l10n.t("Logs")]: ["log", "txt"] });
    if (target !== undefined) await workspace.fs.writeFile(target, Buffer.from(text));
  }

  /** Many lines, one message. */
  #changed(): void {
    if (this.#telling) return;
    this.#telling = true;
    setImmediate(() => {
      this.#telling = false;
      this.#tell();
    });
  }

  #tell(): void {
    const { store } = this.reader;
    if (this.#first !== store.first?.time || this.#dropped !== store.dropped) this.#renumbered++;
    this.#first = store.first?.time;
    this.#dropped = store.dropped;
    this.#post({
      type: "state",
      count: store.count,
      total: store.total,
      status: this.#status,
      renumbered: this.#renumbered,
    });
  }

  #post(message: ToPage): void {
    // A page that was closed has no side to hear us, and says so by throwing.
    if (!this.#disposed) void this.panel.webview.postMessage(message);
  }
}
