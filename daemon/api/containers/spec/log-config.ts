import type { LogConfig } from "../../../../sdk/contract/index.ts";
import type { LogSpec } from "../../../engine/model/container.ts";
import { invalid, unsupported } from "./invalid.ts";

/** Logs without a limit fill disks: where nothing is asked for, 5 files of 20 MB. */
const MAX_SIZE = 20_000_000;
const MAX_FILE = 5;

/** Drivers of Docker that send logs elsewhere. */
const ELSEWHERE = ["local", "syslog", "journald", "gelf", "fluentd", "awslogs", "splunk", "gcplogs", "etwlogs"];
/** Options of json-file that add attributes to each line, or change how it is written. */
const UNSUPPORTED = ["labels", "labels-regex", "env", "env-regex", "tag", "max-buffer-size"];

/** @throws EngineError InvalidParameter in Docker's words, NotImplemented for drivers and options that we have not. */
export function parseLogConfig(config: LogConfig): LogSpec {
  const driver = config.Type || "json-file";
  const options = config.Config ?? {};
  if (ELSEWHERE.includes(driver)) throw unsupported(`log driver ${driver}`);
  if (driver === "none") return { driver, maxSize: 0, maxFile: 0, options };
  if (driver !== "json-file") throw invalid(`logger: no log driver named '${driver}' is registered`);
  for (const [name, value] of Object.entries(options)) checkOption(name, value);
  const size = options["max-size"];
  const files = options["max-file"];
  return {
    driver,
    maxSize: size === undefined ? MAX_SIZE : parseSize(size),
    // Who says how large a file may be, and not how many there are, gets Docker's one.
    maxFile: files === undefined ? (size === undefined ? MAX_FILE : 1) : parseCount(files),
    options,
  };
}

function checkOption(name: string, value: string): void {
  if (name === "max-size" || name === "max-file") return;
  if (name === "mode" && value === "blocking") return;
  if (name === "compress" && value === "false") return;
  if (name === "mode" || name === "compress") throw unsupported(`log option ${name}=${value}`);
  if (UNSUPPORTED.includes(name)) throw unsupported(`log option ${name}`);
  throw invalid(`unknown log opt '${name}' for json-file log driver`);
}

const POWERS = "kmgtp";

/** Bytes of `10m`, in thousands as Docker counts them here; -1 is no limit. */
function parseSize(text: string): number {
  if (text === "-1") return 0;
  const match = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])?b?)$/i.exec(text);
  const [, number, unit = ""] = match ?? [];
  if (number === undefined) throw invalid(`invalid size: '${text}'`);
  const size = Math.floor(Number(number) * 1000 ** (unit === "" ? 0 : POWERS.indexOf(unit.toLowerCase()) + 1));
  if (size <= 0) throw invalid("max-size must be a positive number");
  return size;
}

function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw invalid(`invalid max-file: ${JSON.stringify(text)}`);
  if (Number(text) < 1) throw invalid("max-file cannot be less than 1");
  return Number(text);
}
