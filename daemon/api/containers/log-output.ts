import type { LogLine } from "../../engine/services.ts";
import { framed } from "./frames.ts";

export interface LogFormat {
  readonly tty: boolean;
  readonly timestamps: boolean;
  /** Attributes in front of each line; there are none to show, but the blank that ends them. */
  readonly details: boolean;
}

/** Log lines as a client gets them. A line that the log holds in pieces has its time once, in front. */
export function logFormatter(format: LogFormat): (line: LogLine) => Buffer {
  const inLine = { stdout: false, stderr: false };
  return ({ stream, time, text }) => {
    const begins = !inLine[stream];
    inLine[stream] = !text.endsWith("\n");
    const details = begins && format.details ? " " : "";
    const prefix = begins && format.timestamps ? `${time} ` : "";
    return framed(format.tty, stream, `${prefix}${details}${text}`);
  };
}
