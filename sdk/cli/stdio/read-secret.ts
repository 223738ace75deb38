import type { CommandContext } from "../context.ts";
import { CommandFailure } from "../exit.ts";
import { rawMode } from "./terminal.ts";

const ENTER = ["\r", "\n"];
const ERASE = ["\x7f", "\b"];
const INTERRUPT = ["\x03", "\x04"];

/** Reads a line from the terminal without showing it. @throws CommandFailure when it is interrupted or empty. */
export async function readSecret(context: CommandContext, prompt: string): Promise<string> {
  context.print(prompt);
  using _raw = rawMode(context.stdin);
  let secret = "";
  try {
    for await (const chunk of context.stdin.iterator({ destroyOnReturn: false })) {
      for (const key of Buffer.from(chunk as Uint8Array).toString("utf8")) {
        if (ENTER.includes(key)) {
          if (secret === "") throw new CommandFailure("Error: Password Required");
          return secret;
        }
        if (INTERRUPT.includes(key)) throw new CommandFailure("", 130);
        secret = ERASE.includes(key) ? secret.slice(0, -1) : secret + key;
      }
    }
    throw new CommandFailure("Error: Password Required");
  } finally {
    context.print("\n");
  }
}
