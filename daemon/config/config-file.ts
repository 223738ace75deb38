import { readFileSync } from "node:fs";
import { EngineError, errnoOf, messageOf } from "../base/errors.ts";
import { OPTION_LIST, type Option, type OptionName, type OptionValues } from "./options.ts";

export const DEFAULT_CONFIG_FILE = "/etc/slipway/daemon.json";

/**
 * daemon.json with dockerd's keys.
 * @param path as `--config-file` gave it; undefined is the default one, which need not exist.
 * @throws EngineError InvalidParameter that names the file and every key that is not known.
 */
export function readConfigFile(path: string | undefined): OptionValues {
  const file = path ?? DEFAULT_CONFIG_FILE;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (path === undefined && errnoOf(error) === "ENOENT") return new Map();
    throw wrong(file, messageOf(error));
  }
  return parseConfigFile(text, file);
}

export function parseConfigFile(text: string, file: string): OptionValues {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw wrong(file, `invalid character or end of JSON: ${messageOf(error)}`);
  }
  if (typeof document !== "object" || document === null || Array.isArray(document))
    throw wrong(file, "it holds no JSON object");
  const entries = Object.entries(document);
  const optionOf = (key: string): (typeof OPTION_LIST)[number] | undefined =>
    OPTION_LIST.find((option) => option.key === key);
  const unknown = entries.map(([key]) => key).filter((key) => optionOf(key) === undefined);
  if (unknown.length > 0)
    throw wrong(file, `the following directives don't match any configuration option: ${unknown.join(", ")}`);
  const values = new Map<OptionName, readonly string[]>();
  for (const [key, value] of entries) {
    const option = optionOf(key);
    if (option === undefined) continue;
    const read = valuesOf(option, value);
    if (read === undefined) throw wrong(file, `the value of ${key} is not of its form: ${JSON.stringify(value)}`);
    values.set(option.flag, read);
  }
  return values;
}

function valuesOf({ kind, fromFile }: Option, value: unknown): readonly string[] | undefined {
  if (fromFile !== undefined) return fromFile(value);
  switch (kind) {
    case "switch":
      return typeof value === "boolean" ? [String(value)] : undefined;
    case "text":
      return typeof value === "string" ? [value] : undefined;
    case "number":
      return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? [String(value)] : undefined;
    case "list":
      return Array.isArray(value) && value.every((each) => typeof each === "string") ? value : undefined;
  }
}

/**
 * Both sources together. What both name is refused, as dockerd does: which one was meant cannot be known.
 * @throws EngineError InvalidParameter that names them all with both values.
 */
export function mergeSources(flags: OptionValues, fromFile: OptionValues, file: string): OptionValues {
  const both = OPTION_LIST.filter(({ flag }) => flags.has(flag) && fromFile.has(flag));
  if (both.length > 0) {
    const list = (values: readonly string[] = [], option: Option): string =>
      option.kind === "list" ? `[${values.join(" ")}]` : values.join(" ");
    const named = both.map(
      (option) =>
        `${option.key}: (from flag: ${list(flags.get(option.flag), option)}, from file: ${list(fromFile.get(option.flag), option)})`,
    );
    throw wrong(
      file,
      `the following directives are specified both as a flag and in the configuration file: ${named.join(", ")}`,
    );
  }
  return new Map([...fromFile, ...flags]);
}

function wrong(file: string, reason: string): EngineError {
  return new EngineError("InvalidParameter", `unable to configure the daemon with file ${file}: ${reason}`);
}
