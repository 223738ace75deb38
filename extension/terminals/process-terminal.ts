import { EventEmitter, l10n, type Pseudoterminal, type TerminalDimensions } from "vscode";
import type { Process, TerminalSize } from "../../sdk/index.ts";

export interface ProcessTerminalOptions {
  /** Starts or attaches; `size` is the terminal's own. */
  readonly start: (size: TerminalSize, signal: AbortSignal) => Promise<Process>;
  /** Said once it is over; undefined closes the terminal. */
  readonly farewell?: (exitCode: number) => string | undefined;
  /** When the user closes the terminal. */
  readonly onClose?: () => void;
  /** What to do about an error; its text is written into the terminal anyway. */
  readonly onError?: (error: unknown) => void;
  /** Bytes that end a shell whose terminal is closed: nobody could reach it any more. */
  readonly endWith?: string;
}

const FALLBACK_SIZE: TerminalSize = { columns: 80, rows: 24 };

/** A terminal of the editor whose other side is a process in a container. */
export class ProcessTerminal implements Pseudoterminal {
  readonly #options: ProcessTerminalOptions;
  readonly #written = new EventEmitter<string>();
  readonly #closed = new EventEmitter<number | void>();
  readonly onDidWrite = this.#written.event;
  readonly onDidClose = this.#closed.event;
  readonly #stop = new AbortController();
  #process: Process | undefined;
  #size = FALLBACK_SIZE;
  /** Typed before the process was there. */
  #early = "";
  #over = false;
  #pending = "";

  constructor(options: ProcessTerminalOptions) {
    this.#options = options;
  }

  open(dimensions: TerminalDimensions | undefined): void {
    if (dimensions !== undefined) this.#size = dimensions;
    void this.#run();
  }

  close(): void {
    this.#options.onClose?.();
    const { endWith } = this.#options;
    if (endWith !== undefined && !this.#over) this.#process?.stdin.end(endWith, () => this.#stop.abort());
    else this.#stop.abort();
  }

  handleInput(data: string): void {
    if (this.#over) return this.#closed.fire();
    if (this.#process === undefined) this.#early += data;
    else this.#send(data);
  }

  setDimensions(dimensions: TerminalDimensions): void {
    this.#size = dimensions;
    // One that has ended meanwhile has no size.
    this.#process?.resize(dimensions).catch(() => undefined);
  }

  async #run(): Promise<void> {
    try {
      const process = await this.#options.start(this.#size, this.#stop.signal);
      this.#process = process;
      if (this.#early !== "") this.#send(this.#early);
      this.#early = "";
      await Promise.all([this.#show(process.stdout, process.tty), this.#show(process.stderr, process.tty)]);
      this.#end(await process.exit);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#over = true;
      this.#options.onError?.(error);
      this.#written.fire(`\r\n\x1b[31m${withReturns((error as Error).message)}\x1b[0m\r\n`);
      this.#written.fire(`${l10n.t("Press any key to close the terminal.")}\r\n`);
    }
  }

  #end(exitCode: number): void {
    this.#over = true;
    this.#flush();
    const words = this.#options.farewell?.(exitCode);
    if (words === undefined) this.#closed.fire(exitCode);
    else this.#written.fire(`\r\n\x1b[2m${words} ${l10n.t("Press any key to close the terminal.")}\x1b[0m\r\n`);
  }

  /** A process without a terminal of its own neither echoes nor ends its lines for one. */
  #send(data: string): void {
    const process = this.#process;
    if (process === undefined) return;
    if (process.tty) return void process.stdin.write(data);
    if (data === "\x04") return void process.stdin.end();
    const line = data.replaceAll("\r", "\n");
    this.#written.fire(withReturns(line));
    process.stdin.write(line);
  }

  async #show(output: AsyncIterable<Uint8Array>, tty: boolean): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of output) {
      const text = decoder.decode(bytes, { stream: true });
      if (text !== "") this.#write(tty ? text : withReturns(text));
    }
  }

  /** What comes in one turn is one message to the window: each costs the same, however short. */
  #write(text: string): void {
    if (this.#pending === "") setImmediate(() => this.#flush());
    this.#pending += text;
  }

  #flush(): void {
    const text = this.#pending;
    this.#pending = "";
    if (text !== "") this.#written.fire(text);
  }
}

function withReturns(text: string): string {
  return text.replace(/\r?\n/g, "\r\n");
}
