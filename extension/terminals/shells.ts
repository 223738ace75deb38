import {
  l10n,
  ThemeColor,
  ThemeIcon,
  window,
  workspace,
  type Memento,
  type Terminal,
  type ExtensionTerminalOptions,
} from "vscode";
import { ExecutableNotFound, type RunOptions } from "../../sdk/index.ts";
import type { Container } from "../model/container.ts";
import { shellCommand, type ShellChoice } from "../model/shells.ts";
import type { Session } from "../session/session.ts";
import { ProcessTerminal } from "./process-terminal.ts";

export interface ShellsDeps {
  readonly session: Session;
  readonly state: Memento;
}

/** A shell that was open when the window went. */
export interface LostShell {
  readonly container: string;
  readonly choice: ShellChoice;
}

const CHOICES = "slipway.shells.choices";
const OPEN = "slipway.shells.open";
/** Ctrl+D: an interactive shell that waits for input ends. */
const END_OF_INPUT = "\x04";

/** The terminals into containers. What is open is written down, so that a reloaded window can open it again. */
export class Shells {
  readonly #deps: ShellsDeps;
  readonly #lost: readonly LostShell[];
  readonly #open = new Set<LostShell>();

  constructor(deps: ShellsDeps) {
    this.#deps = deps;
    this.#lost = deps.state.get<readonly LostShell[]>(OPEN, []);
  }

  /** What the user chose last for this image. */
  remembered({ image }: Container): ShellChoice {
    return this.#deps.state.get<Record<string, ShellChoice>>(CHOICES, {})[image] ?? {};
  }

  async remember({ image }: Container, choice: ShellChoice): Promise<void> {
    const choices = this.#deps.state.get<Record<string, ShellChoice>>(CHOICES, {});
    await this.#deps.state.update(CHOICES, { ...choices, [image]: choice });
  }

  lost(): readonly LostShell[] {
    return this.#deps.state.get<readonly LostShell[]>(OPEN, []).length === 0 ? [] : this.#lost;
  }

  async forgetLost(): Promise<void> {
    await this.#deps.state.update(OPEN, [...this.#open]);
  }

  open(container: Container, choice: ShellChoice): Terminal {
    return window.createTerminal(this.options(container, choice));
  }

  /** For a terminal that the editor makes itself: the profile. */
  options(container: Container, choice: ShellChoice): ExtensionTerminalOptions {
    const shell: LostShell = { container: container.id, choice };
    this.#note(shell, true);
    const pty = new ProcessTerminal({
      start: async (size, signal) => await this.#exec(container, choice, { size, signal }),
      farewell: (code) => (code === 0 ? undefined : l10n.t("The shell ended with code {0}.", code)),
      onClose: () => this.#note(shell, false),
      endWith: END_OF_INPUT,
    });
    return {
      name: container.name,
      pty,
      iconPath: new ThemeIcon("terminal"),
      color: new ThemeColor("terminal.ansiCyan"),
    };
  }

  /** The main process itself. Closing the terminal, or the detach keys, leaves it running. */
  attachMain(container: Container): Terminal {
    const detachKeys = workspace.getConfiguration("slipway").get("terminal.detachKeys", "ctrl-p,ctrl-q");
    const pty = new ProcessTerminal({
      start: async (_, signal) => {
        const engine = await this.#deps.session.engine();
        const found = engine.containers.withId(container.id);
        const { Config } = await found.inspect({ signal });
        return await found.attach({ stdin: Config.OpenStdin ?? false, logs: true, detachKeys, signal });
      },
      farewell: (code) => l10n.t("{0} ended with code {1}.", container.name, code),
    });
    const name = l10n.t("{0} (main process)", container.name);
    return window.createTerminal({ name, pty, iconPath: new ThemeIcon("plug") });
  }

  /** A new container whose terminal this is. Closing it ends the container. */
  runInteractive(options: RunOptions, name: string): Terminal {
    return window.createTerminal({ name, pty: this.interactive(options), iconPath: new ThemeIcon("play") });
  }

  interactive(options: RunOptions): ProcessTerminal {
    return new ProcessTerminal({
      start: async (size, signal) => {
        const engine = await this.#deps.session.engine();
        const { process } = await engine.containers.run({ ...options, stdin: true, tty: size, signal });
        await process.resize(size).catch(() => undefined);
        return process;
      },
      farewell: (code) => l10n.t("It ended with code {0}.", code),
    });
  }

  async #exec(
    container: Container,
    choice: ShellChoice,
    { size, signal }: { size: { columns: number; rows: number }; signal: AbortSignal },
  ) {
    const engine = await this.#deps.session.engine();
    const { user, workingDir } = choice;
    // Colours, and prompts that know where they are.
    const env = { TERM: "xterm-256color" };
    try {
      return await engine.exec(container.id, shellCommand(choice), {
        user,
        workingDir,
        env,
        stdin: true,
        tty: size,
        signal,
      });
    } catch (error) {
      if (!(error instanceof ExecutableNotFound)) throw error;
      const name = choice.shell ?? "sh";
      throw new Error(l10n.t("{0} has no {1}: {2}", container.image, name, error.message), { cause: error });
    }
  }

  #note(shell: LostShell, open: boolean): void {
    if (open) this.#open.add(shell);
    else this.#open.delete(shell);
    void this.#deps.state.update(OPEN, [...this.#open]);
  }
}
