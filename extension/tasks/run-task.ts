import { EventEmitter, l10n, type Pseudoterminal } from "vscode";
import type { ContainerOptions, Engine, Process } from "../../sdk/index.ts";
import type { App } from "../app.ts";
import { PullProgress } from "../model/pull-progress.ts";

export interface RunTaskOptions {
  readonly app: App;
  /** What to run, made when the task starts. */
  readonly options: (engine: Engine) => Promise<ContainerOptions>;
  /** Before the container is made. */
  readonly prepare?: (engine: Engine) => Promise<void>;
}

/** The terminal of a task: brings the image, runs the container, shows what it writes, and ends with its exit code. */
export class RunTask implements Pseudoterminal {
  readonly #given: RunTaskOptions;
  readonly #written = new EventEmitter<string>();
  readonly #closed = new EventEmitter<number>();
  readonly onDidWrite = this.#written.event;
  readonly onDidClose = this.#closed.event;
  readonly #stop = new AbortController();
  #process: Process | undefined;

  constructor(given: RunTaskOptions) {
    this.#given = given;
  }

  open(): void {
    this.#run().then(
      (code) => this.#closed.fire(code),
      (error: unknown) => {
        if (!this.#stop.signal.aborted) this.#say(`\x1b[31m${(error as Error).message}\x1b[0m`);
        this.#closed.fire(1);
      },
    );
  }

  /** "Terminate Task": the container goes, as a foreground run's does. */
  close(): void {
    this.#stop.abort();
  }

  handleInput(data: string): void {
    this.#process?.stdin.write(data);
  }

  async #run(): Promise<number> {
    const { app, options, prepare } = this.#given;
    const { signal } = this.#stop;
    const engine = await app.session.engine();
    const made = await options(engine);
    await this.#bring(engine, made.image);
    await prepare?.(engine);
    this.#say(l10n.t("Running {0}", made.image));
    const { process } = await engine.containers.run({ ...made, pull: "never", signal });
    this.#process = process;
    await Promise.all([this.#show(process.stdout), this.#show(process.stderr)]);
    return await process.exit;
  }

  async #bring(engine: Engine, image: string): Promise<void> {
    if ((await engine.images.find(image, this.#stop.signal)) !== undefined) return;
    const credentials = await this.#given.app.registries.credentialsFor(image);
    const pull = engine.images.pull(image, { credentials, signal: this.#stop.signal });
    const progress = new PullProgress();
    let said = "";
    for await (const step of pull) {
      progress.take(step);
      if (progress.text !== said)
        this.#written.fire(`\r\x1b[K${(said = l10n.t("Pulling {0}: {1}", image, progress.text))}`);
    }
    this.#written.fire("\r\n");
  }

  async #show(output: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of output)
      this.#written.fire(decoder.decode(bytes, { stream: true }).replace(/\r?\n/g, "\r\n"));
  }

  #say(text: string): void {
    this.#written.fire(`${text.replace(/\r?\n/g, "\r\n")}\r\n`);
  }
}
