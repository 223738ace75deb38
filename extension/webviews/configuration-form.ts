import { l10n, Uri, ViewColumn, window, type WebviewPanel } from "vscode";
import { configurationOf, fieldProblems, formFields, type FormFields } from "../model/configuration-form.ts";
import type { EngineMirror } from "../model/engine-mirror.ts";
import type { RunConfiguration } from "../model/run-configuration.ts";
import type { Translate } from "../model/translate.ts";
import { formBody } from "./form-body.ts";
import type { FromForm, ToForm } from "./form-messages.ts";
import { pageHtml } from "./page.ts";

export interface ConfigurationFormDeps {
  readonly root: Uri;
  readonly mirror: EngineMirror;
  /** Undefined for a new one. */
  readonly name: string | undefined;
  readonly configuration: Partial<RunConfiguration>;
  readonly save: (configuration: RunConfiguration) => Promise<void>;
  readonly start: (name: string) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** The page in which a run configuration is made or edited. */
export class ConfigurationForm {
  readonly panel: WebviewPanel;
  readonly #deps: ConfigurationFormDeps;

  constructor(deps: ConfigurationFormDeps) {
    this.#deps = deps;
    const title = deps.name ?? l10n.t("New Run Configuration");
    this.panel = window.createWebviewPanel("slipway.form", title, ViewColumn.Active, {
      enableScripts: true,
      retainContextWhenHidden: true,
      localResourceRoots: [Uri.joinPath(deps.root, "dist/pages")],
    });
    this.panel.iconPath = {
      light: Uri.joinPath(deps.root, "media/run-light.svg"),
      dark: Uri.joinPath(deps.root, "media/run-dark.svg"),
    };
    this.panel.webview.onDidReceiveMessage((message: FromForm) => void this.#take(message).catch(deps.onError));
    this.panel.webview.html = pageHtml(this.panel.webview, deps.root, { name: "form", title, body: formBody(title) });
  }

  async #take(message: FromForm): Promise<void> {
    const { mirror, configuration } = this.#deps;
    switch (message.type) {
      case "ready":
        return this.#post({
          type: "fields",
          fields: formFields(configuration),
          images: mirror.images.values().flatMap(({ tags }) => tags),
          networks: mirror.networks.values().map(({ name }) => name),
        });
      case "check":
        return void this.#check(message.fields, false);
      case "save":
        return await this.#save(message.fields, message.start);
      case "cancel":
        this.panel.dispose();
    }
  }

  async #save(fields: FormFields, start: boolean): Promise<void> {
    if (!this.#check(fields, true)) return;
    const made = configurationOf(fields, this.#deps.configuration);
    try {
      await this.#deps.save(made);
    } catch (error) {
      return this.#post({ type: "problems", problems: { name: (error as Error).message }, focus: true });
    }
    this.panel.dispose();
    if (start) await this.#deps.start(made.name);
  }

  #check(fields: FormFields, focus: boolean): boolean {
    const problems = fieldProblems(fields, l10n.t as Translate);
    this.#post({ type: "problems", problems, focus });
    return Object.keys(problems).length === 0;
  }

  #post(message: ToForm): void {
    void this.panel.webview.postMessage(message);
  }
}
