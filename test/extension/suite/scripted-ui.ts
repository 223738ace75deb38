/** Answers in place of the user, in the order of the questions; and what was said to them. */
import { Uri } from "vscode";
import type { Choice, ProgressReport, Question, Ui } from "../../../extension/ui.ts";

type Answer =
  | { readonly pick: string | RegExp }
  | { readonly ask: string | undefined }
  | { readonly confirm: boolean }
  | { readonly save: string }
  | { readonly open: string };

export class ScriptedUi implements Ui {
  readonly said: string[] = [];
  readonly copied: string[] = [];
  readonly browsed: string[] = [];
  readonly reports: string[] = [];
  readonly #answers: Answer[] = [];
  /** Cancels the next work under a progress at its first report. */
  cancelNext = false;

  /** What will be answered next. */
  will(...answers: readonly Answer[]): this {
    this.#answers.push(...answers);
    return this;
  }

  /** Fails when something was prepared that nobody asked for. */
  checkAllAsked(): void {
    if (this.#answers.length > 0) throw new Error(`nobody asked for ${JSON.stringify(this.#answers)}`);
  }

  async pick<T>(title: string, choices: readonly Choice<T>[] | Promise<readonly Choice<T>[]>): Promise<T | undefined> {
    const { pick } = this.#next("pick", title) as { pick: string | RegExp };
    const all = await choices;
    const found = all.find(({ label }) => (typeof pick === "string" ? label === pick : pick.test(label)));
    if (found === undefined)
      throw new Error(`${title}: no choice ${String(pick)} in ${all.map(({ label }) => label).join(", ")}`);
    return found.value;
  }

  async ask({ title, check }: Question): Promise<string | undefined> {
    const { ask } = this.#next("ask", title) as { ask: string | undefined };
    const problem = ask === undefined ? undefined : check?.(ask);
    if (problem !== undefined) throw new Error(`${title}: ${ask} is refused: ${problem}`);
    return ask;
  }

  async confirm(message: string, detail: string): Promise<boolean> {
    this.said.push(`${message}\n${detail}`);
    return (this.#next("confirm", message) as { confirm: boolean }).confirm;
  }

  async inform(message: string): Promise<undefined> {
    this.said.push(message);
  }

  async warn(message: string): Promise<undefined> {
    this.said.push(message);
  }

  async fail(message: string): Promise<undefined> {
    this.said.push(`failed: ${message}`);
  }

  async progress<T>(title: string, work: (report: ProgressReport, signal: AbortSignal) => Promise<T>): Promise<T> {
    this.said.push(title);
    const controller = new AbortController();
    const report: ProgressReport = (message) => {
      this.reports.push(message);
      if (!this.cancelNext) return;
      this.cancelNext = false;
      controller.abort();
    };
    return await work(report, controller.signal);
  }

  async saveFile(name: string): Promise<Uri> {
    return Uri.file((this.#next("save", name) as { save: string }).save);
  }

  async openFile(title: string): Promise<Uri> {
    return Uri.file((this.#next("open", title) as { open: string }).open);
  }

  async copy(text: string): Promise<void> {
    this.copied.push(text);
  }

  async browse(url: string): Promise<void> {
    this.browsed.push(url);
  }

  #next(kind: string, title: string): Answer {
    const answer = this.#answers.shift();
    if (answer === undefined || !(kind in answer))
      throw new Error(`${kind} "${title}" was asked, and the answer is ${JSON.stringify(answer)}`);
    return answer;
  }
}
