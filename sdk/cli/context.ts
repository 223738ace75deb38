import type { Readable, Writable } from "node:stream";
import type { DockerConfig } from "../transport/docker-config.ts";
import type { ApiClient } from "../client/api/api-client.ts";
import type { GlobalOptions } from "./globals.ts";

/** Standard input; what a terminal has more is there when it is one. */
export type InputStream = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };

/** Standard output or error. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

/** What a command stands in: its streams, its surroundings and the engine that it talks to. */
export interface CommandContext {
  /** As it was typed, without the program: `container ls`. */
  readonly name: string;
  readonly globals: GlobalOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Working directory, for relative paths. */
  readonly folder: string;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Milliseconds since 1970, for relative times. */
  readonly now: () => number;
  /** Aborted when the command is to end before its work has; the reason says why. */
  readonly signal: AbortSignal;
  /** Folder of config.json and the contexts. */
  readonly configFolder: string;
  /** The user's config.json, read once. */
  config(): Promise<DockerConfig>;
  /** The engine, connected at the first call. @throws EngineUnavailable */
  engine(): Promise<ApiClient>;
  print(text: string): void;
  warn(text: string): void;
}
