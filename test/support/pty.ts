/** A command under a pseudo-terminal of 40 x 100 (script(1)), and what is typed into it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { within } from "./time-limit.ts";

/** What is typed, and what must be on the screen before it is. */
export type Typing = readonly [awaited: string, typed: string];

export interface PtyOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly typing?: readonly Typing[];
  /** It is killed then. */
  readonly limitMs: number;
}

/** @param command for a shell. @returns its exit code, -1 when it was killed, and both of its streams in one. */
export async function underPty(
  command: string,
  { env, typing = [], limitMs }: PtyOptions,
): Promise<{ readonly code: number; readonly screen: string }> {
  const child = spawn("script", ["-qec", `stty rows 40 cols 100; ${command}`, "/dev/null"], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"],
    signal: within(limitMs),
    killSignal: "SIGKILL",
  });
  const closed = once(child, "close") as Promise<[number | null]>;
  let screen = "";
  let seen = 0;
  const left = [...typing];
  const typeNext = (): void => {
    for (let next = left[0]; next !== undefined && screen.includes(next[0], seen); next = left[0]) {
      left.shift();
      seen = screen.length;
      child.stdin.write(next[1]);
    }
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    typeNext();
  });
  typeNext();
  const [code] = await closed;
  // An open input keeps script(1) from typing an end of file of its own.
  child.stdin.end();
  return { code: code ?? -1, screen };
}
