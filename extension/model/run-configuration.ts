import { parseJsonText } from "./json-text.ts";

/** One of `.vscode/slipway.json`: how a container of this workspace is run. media/slipway.schema.json says the same to the editor. */
export interface RunConfiguration {
  readonly name: string;
  readonly image: string;
  /** Without it the configuration's name, as far as an engine takes it. */
  readonly containerName?: string;
  /** A line that is split into words, or the words. */
  readonly command?: string | readonly string[];
  readonly entrypoint?: string | readonly string[];
  /** `8080:80`, `127.0.0.1:8080:80/udp`, `80` */
  readonly ports?: readonly (string | number)[];
  /** `./src:/app:ro`, `data:/data`, `/cache` */
  readonly volumes?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Paths, relative to the folder. */
  readonly envFiles?: readonly string[];
  readonly user?: string;
  readonly workingDir?: string;
  readonly network?: string;
  readonly limits?: { readonly memory?: string; readonly cpus?: number; readonly pids?: number };
  /** `no`, `always`, `unless-stopped`, `on-failure`, `on-failure:3` */
  readonly restart?: string;
  /** The engine removes the container when it ends. */
  readonly remove?: boolean;
  /** Runs in a terminal that is attached to it. */
  readonly interactive?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ready?: ReadyCondition;
}

/** When it counts as started: a published port answers, or a line of its log matches. */
export interface ReadyCondition {
  /** In the container. */
  readonly port?: number;
  /** A regular expression. */
  readonly log?: string;
  /** 60 unless told. */
  readonly timeoutSeconds?: number;
}

export const RUN_FILE = ".vscode/slipway.json";
export const CONFIGURATIONS_KEY = "configurations";
/** What a new file begins with. */
export const EMPTY_RUN_FILE = `{\n  "configurations": []\n}\n`;

export interface RunFile {
  readonly configurations: readonly RunConfiguration[];
  /** Sentences for the user. */
  readonly problems: readonly string[];
}

/** Takes what is right and says what is not: one bad configuration must not hide the others. */
export function parseRunFile(text: string): RunFile {
  let parsed: unknown;
  try {
    parsed = parseJsonText(text);
  } catch (error) {
    return { configurations: [], problems: [(error as Error).message] };
  }
  const list = (parsed as Record<string, unknown> | null)?.[CONFIGURATIONS_KEY];
  if (!Array.isArray(list)) return { configurations: [], problems: [`there is no list "${CONFIGURATIONS_KEY}"`] };
  const configurations: RunConfiguration[] = [];
  const problems: string[] = [];
  for (const [index, each] of (list as unknown[]).entries()) {
    const problem = problemOf(each, configurations);
    if (problem === undefined) configurations.push(each as RunConfiguration);
    else problems.push(`configuration ${index + 1}: ${problem}`);
  }
  return { configurations, problems };
}

const TEXTS = ["name", "image", "containerName", "user", "workingDir", "network", "restart"];

function problemOf(each: unknown, before: readonly RunConfiguration[]): string | undefined {
  if (typeof each !== "object" || each === null || Array.isArray(each)) return "is no object";
  const fields = each as Record<string, unknown>;
  for (const key of ["name", "image"])
    if (typeof fields[key] !== "string" || fields[key] === "") return `"${key}" is missing`;
  for (const key of TEXTS)
    if (fields[key] !== undefined && typeof fields[key] !== "string") return `"${key}" is no text`;
  for (const key of ["ports", "volumes", "envFiles"])
    if (fields[key] !== undefined && !Array.isArray(fields[key])) return `"${key}" is no list`;
  for (const key of ["env", "labels", "limits", "ready"])
    if (fields[key] !== undefined && (typeof fields[key] !== "object" || fields[key] === null))
      return `"${key}" is no object`;
  if (before.some(({ name }) => name === fields["name"])) return `"${String(fields["name"])}" is there already`;
  return undefined;
}

/** The name of its container: letters, digits, `_`, `.` and `-` are what engines take. */
export function containerNameOf({ name, containerName }: RunConfiguration): string {
  if (containerName !== undefined) return containerName;
  const usable = name.replace(/[^a-zA-Z0-9_.-]+/g, "-").replace(/^[^a-zA-Z0-9]+|-+$/g, "");
  return usable === "" ? "slipway-run" : usable;
}
