import type { InputStream, OutputStream } from "../context.ts";

/** Rows and columns, as the API has them. */
export interface TerminalSize {
  readonly h: number;
  readonly w: number;
}

/** Undefined where the stream is no terminal. */
export function terminalSize(stream: OutputStream): TerminalSize | undefined {
  const { rows, columns } = stream;
  return stream.isTTY && rows !== undefined && columns !== undefined ? { h: rows, w: columns } : undefined;
}

/** Keys reach the program as they are typed, Ctrl-C too, until it is disposed. Nothing where the stream is no terminal. */
export function rawMode(stdin: InputStream): Disposable {
  if (!stdin.isTTY || stdin.setRawMode === undefined) return { [Symbol.dispose]: () => undefined };
  stdin.setRawMode(true);
  // Node's raw mode still makes a line feed a new line, which the container's terminal has done, or, for an editor, must not be done.
  // Leaving raw mode puts that back too. Without stty there is a carriage return too many.
  // Not an import: only who has a terminal waits for the module.
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] });
  const restore = (): void => void stdin.setRawMode?.(false);
  // However the command ends, the shell gets its terminal back.
  process.once("exit", restore);
  return {
    [Symbol.dispose]: () => {
      process.off("exit", restore);
      restore();
    },
  };
}

/**
 * Tells the size now and whenever it changes, until it is disposed. A resize that fails is none: the process may be gone, or not there yet.
 */
export function followSize(stream: OutputStream, resize: (size: TerminalSize) => Promise<unknown>): Disposable {
  const tell = (): void => {
    const size = terminalSize(stream);
    if (size !== undefined) resize(size).catch(() => undefined);
  };
  tell();
  stream.on("resize", tell);
  return { [Symbol.dispose]: () => void stream.off("resize", tell) };
}
