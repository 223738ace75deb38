import { type Digest, isDigest } from "../base/digest.ts";
import { EngineError } from "../base/errors.ts";
import { JsonReader, parseJsonObject } from "./json.ts";

/** Bytes. */
export const CONFIG_LIMIT = 8 * 1024 * 1024;
const LAYERS_MAX = 512;
const HISTORY_MAX = 4096;
const LIST_MAX = 16_384;

/** What an image config says (image-spec, config.md), in camelCase; the shape of engine/model/image.ts. */
export interface ParsedImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly created?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly diffIds: readonly Digest[];
  readonly history: readonly ParsedHistoryEntry[];
  readonly run: ParsedRunDefaults;
}

export interface ParsedHistoryEntry {
  readonly created?: string;
  readonly createdBy?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly emptyLayer?: boolean;
}

export interface ParsedRunDefaults {
  readonly user: string;
  readonly exposedPorts: readonly string[];
  readonly env: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly volumes: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal?: string;
  readonly argsEscaped?: boolean;
  readonly onBuild?: readonly string[];
  readonly shell?: readonly string[];
  readonly healthcheck?: ParsedHealthcheck;
}

/** Durations in nanoseconds. */
export interface ParsedHealthcheck {
  readonly test: readonly string[];
  readonly interval?: number;
  readonly timeout?: number;
  readonly startPeriod?: number;
  readonly startInterval?: number;
  readonly retries?: number;
}

/** @throws EngineError InvalidParameter for what is no image config, or an unreasonable one. */
export function parseImageConfig(bytes: Uint8Array): ParsedImageConfig {
  const json = new JsonReader(parseJsonObject(bytes, CONFIG_LIMIT, "image config"), "image config");
  const rootfs = json.object("rootfs");
  if (rootfs === undefined) throw new EngineError("InvalidParameter", "invalid image JSON, no RootFS key");
  const diffIds = (rootfs.strings("diff_ids", LAYERS_MAX) ?? []).map((text) => {
    if (!isDigest(text)) throw new EngineError("InvalidParameter", "image config: a diff_id is not a sha256 digest");
    return text;
  });
  const history = (json.objects("history", HISTORY_MAX) ?? []).map(readHistory);
  const filled = history.filter(({ emptyLayer }) => emptyLayer !== true).length;
  if (filled > diffIds.length) {
    throw new EngineError("InvalidParameter", "image config: its history has more layers than its rootfs");
  }
  return present({
    architecture: json.string("architecture") ?? "",
    os: json.string("os") ?? "",
    variant: json.string("variant") || undefined,
    created: json.string("created"),
    author: json.string("author") || undefined,
    comment: json.string("comment") || undefined,
    diffIds,
    history,
    run: readRunDefaults(json.object("config") ?? new JsonReader({}, "image config")),
  });
}

function readHistory(json: JsonReader): ParsedHistoryEntry {
  return present({
    created: json.string("created"),
    createdBy: json.string("created_by"),
    author: json.string("author"),
    comment: json.string("comment"),
    emptyLayer: json.boolean("empty_layer"),
  });
}

function readRunDefaults(json: JsonReader): ParsedRunDefaults {
  const healthcheck = json.object("Healthcheck");
  return present({
    user: json.string("User") ?? "",
    exposedPorts: json.keys("ExposedPorts", LIST_MAX) ?? [],
    env: json.strings("Env", LIST_MAX) ?? [],
    entrypoint: json.strings("Entrypoint", LIST_MAX),
    cmd: json.strings("Cmd", LIST_MAX),
    volumes: json.keys("Volumes", LIST_MAX) ?? [],
    workingDir: json.string("WorkingDir") ?? "",
    labels: json.stringMap("Labels", LIST_MAX) ?? {},
    stopSignal: json.string("StopSignal") || undefined,
    argsEscaped: json.boolean("ArgsEscaped"),
    onBuild: json.strings("OnBuild", LIST_MAX),
    shell: json.strings("Shell", LIST_MAX),
    healthcheck: healthcheck === undefined ? undefined : readHealthcheck(healthcheck),
  });
}

function readHealthcheck(json: JsonReader): ParsedHealthcheck {
  return present({
    test: json.strings("Test", LIST_MAX) ?? [],
    interval: json.count("Interval"),
    timeout: json.count("Timeout"),
    startPeriod: json.count("StartPeriod"),
    startInterval: json.count("StartInterval"),
    retries: json.count("Retries"),
  });
}

/** Without the members that are undefined, so that a record is the same before and after it was stored as JSON. */
function present<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}
