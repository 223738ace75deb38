import { csvFields } from "./csv.ts";
import { parseBytes } from "./units.ts";

export interface DeviceMapping {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

const isMode = (text: string): boolean => /^[rwm]{1,3}$/.test(text);

/** `/dev/sda:/dev/xvda:rwm`, `/dev/sda:r` or `/dev/sda`. */
export function parseDevice(text: string): DeviceMapping {
  const [host = "", second, third, ...more] = text.split(":");
  if (more.length > 0 || host === "") throw new Error(`invalid device specification: ${text}`);
  if (second !== undefined && third === undefined && isMode(second))
    return { PathOnHost: host, PathInContainer: host, CgroupPermissions: second };
  const PathInContainer = second || host;
  if (!PathInContainer.startsWith("/")) throw new Error(`${PathInContainer} is not an absolute path`);
  if (third !== undefined && !isMode(third)) throw new Error(`bad mode specified: ${third}`);
  return { PathOnHost: host, PathInContainer, CgroupPermissions: third ?? "rwm" };
}

/** `/dev/sda:1mb`, or with `unit: "count"` `/dev/sda:100`. */
export function parseThrottle(text: string, unit: "bytes" | "count"): { Path: string; Rate: number } {
  const [path = "", rate = "", ...more] = text.split(":");
  if (more.length > 0 || rate === "") throw new Error(`bad format: ${text}`);
  if (!path.startsWith("/dev/")) throw new Error(`bad format for device path: ${text}`);
  if (unit === "count" && !/^\d+$/.test(rate))
    throw new Error(
      `invalid rate for device: ${text}. The correct format is <device-path>:<number>. Number must be a positive integer`,
    );
  return { Path: path, Rate: unit === "count" ? Number(rate) : parseBytes(rate) };
}

/** `/dev/sda:500` */
export function parseWeightDevice(text: string): { Path: string; Weight: number } {
  const [path = "", weight = ""] = text.split(":");
  if (!path.startsWith("/dev/")) throw new Error(`bad format for device path: ${text}`);
  const value = Number(weight);
  if (!/^\d+$/.test(weight) || (value > 0 && (value < 10 || value > 1000)))
    throw new Error(`invalid weight for device: ${text}`);
  return { Path: path, Weight: value };
}

/** `nofile=1024:2048` or `nofile=1024`; -1 is no limit. */
export function parseUlimit(text: string): { Name: string; Soft: number; Hard: number } {
  const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text);
  if (match === null) throw new Error(`invalid ulimit argument: ${text}`);
  const Soft = Number(match[2]);
  const Hard = Number(match[3] ?? match[2]);
  if (Hard !== -1 && (Soft === -1 || Soft > Hard))
    throw new Error(`ulimit soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`);
  return { Name: match[1]!, Soft, Hard };
}

/** `always`, `on-failure:3`, `unless-stopped`, `no`. */
export function parseRestartPolicy(text: string | undefined): { Name: string; MaximumRetryCount: number } {
  const [name = "no", count, ...more] = (text ?? "no").split(":");
  if (more.length > 0) throw new Error(`invalid restart policy format: too many colons`);
  if (count !== undefined && !/^\d+$/.test(count))
    throw new Error(`invalid restart policy format: maximum retry count must be an integer`);
  return { Name: name || "no", MaximumRetryCount: Number(count ?? 0) };
}

export interface DeviceRequest {
  readonly Driver?: string;
  readonly Count?: number;
  readonly DeviceIDs?: string[];
  readonly Capabilities: string[][];
}

/** `all`, a number, or `device=0,capabilities=compute`. The engine says whether it has such devices. */
export function parseGpus(text: string): DeviceRequest {
  const request: { Driver?: string; Count?: number; DeviceIDs?: string[]; Capabilities: string[][] } = {
    Capabilities: [["gpu"]],
  };
  for (const field of csvFields(text)) {
    const [key = "", value] = field.split(/=(.*)/s);
    const count = value === undefined ? key : key === "count" ? value : undefined;
    if (count !== undefined) request.Count = count === "all" ? -1 : gpuCount(count);
    else if (key === "driver") request.Driver = value;
    else if (key === "device") request.DeviceIDs = (value ?? "").split(",");
    else if (key === "capabilities") request.Capabilities = [[...(value ?? "").split(","), "gpu"]];
    else throw new Error(`unexpected key '${key}' in '${field}'`);
  }
  if (request.Count === undefined && request.DeviceIDs === undefined) request.Count = 1;
  return request;
}

function gpuCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`invalid count (${text}): value must be either "all" or an integer`);
  return Number(text);
}
