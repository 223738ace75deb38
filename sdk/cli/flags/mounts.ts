import { isAbsolute, resolve } from "node:path";
import type { Mount } from "../../contract/index.ts";
import { csvFields } from "./csv.ts";
import { parseBytes } from "./units.ts";

/** What `-v` adds up to: binds and named volumes keep their text, a path alone is an anonymous volume. */
export interface VolumeFlags {
  readonly binds: string[];
  readonly anonymous: Record<string, Record<string, never>>;
}

/** `HOST:CONTAINER[:OPTIONS]`, `NAME:CONTAINER` or `CONTAINER`; a relative host path is made absolute, as docker does. */
export function parseVolumeFlags(flags: readonly string[], folder: string): VolumeFlags {
  const result: VolumeFlags = { binds: [], anonymous: {} };
  for (const flag of flags) {
    const [first = "", ...rest] = flag.split(":");
    if (first === "") throw new Error(`invalid spec: ${flag}: empty section between colons`);
    if (rest.length > 2) throw new Error(`invalid spec: ${flag}: too many colons`);
    if (rest.length === 0) result.anonymous[first] = {};
    else result.binds.push([first.startsWith(".") ? resolve(folder, first) : first, ...rest].join(":"));
  }
  return result;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** `--mount type=bind,source=/a,target=/b,readonly`. @throws Error in docker's words. */
export function parseMount(text: string, folder = process.cwd()): Mount {
  const mount: Mutable<Mount> = { Type: "volume", Target: "" };
  for (const field of csvFields(text)) {
    const equals = field.indexOf("=");
    const key = (equals === -1 ? field : field.slice(0, equals)).toLowerCase();
    applyField(mount, key, equals === -1 ? undefined : field.slice(equals + 1), field, folder);
  }
  if (!mount.Type) throw new Error("type is required");
  if (!mount.Target) throw new Error("target is required");
  const wrong = misplaced(mount);
  if (wrong !== undefined) throw new Error(`cannot mix '${wrong}-*' options with mount type '${mount.Type}'`);
  return mount;
}

function applyField(
  mount: Mutable<Mount>,
  key: string,
  value: string | undefined,
  field: string,
  folder: string,
): void {
  if (value === undefined && !["readonly", "ro", "volume-nocopy", "bind-nonrecursive", "bind-create-src"].includes(key))
    throw new Error(`invalid field '${field}' must be a key=value pair`);
  const text = value ?? "";
  switch (key) {
    case "type":
      mount.Type = text.toLowerCase();
      return;
    case "source":
    case "src":
      mount.Source = text.startsWith(".") && !isAbsolute(text) ? resolve(folder, text) : text;
      return;
    case "target":
    case "dst":
    case "destination":
      mount.Target = text;
      return;
    case "readonly":
    case "ro":
      mount.ReadOnly = flag(key, value);
      return;
    case "consistency":
      mount.Consistency = text.toLowerCase();
      return;
    case "bind-propagation":
      mount.BindOptions = { ...mount.BindOptions, Propagation: text.toLowerCase() };
      return;
    case "bind-nonrecursive":
      mount.BindOptions = { ...mount.BindOptions, NonRecursive: flag(key, value) };
      return;
    case "bind-create-src":
      mount.BindOptions = { ...mount.BindOptions, CreateMountpoint: flag(key, value) };
      return;
    case "bind-recursive":
      mount.BindOptions = { ...mount.BindOptions, ...recursion(text) };
      return;
    default:
      applyOtherField(mount, key, value, field);
  }
}

function applyOtherField(mount: Mutable<Mount>, key: string, value: string | undefined, field: string): void {
  const text = value ?? "";
  const volume = mount.VolumeOptions ?? {};
  switch (key) {
    case "volume-subpath":
      mount.VolumeOptions = { ...volume, Subpath: text };
      return;
    case "volume-nocopy":
      mount.VolumeOptions = { ...volume, NoCopy: flag(key, value) };
      return;
    case "volume-label":
      mount.VolumeOptions = { ...volume, Labels: { ...volume.Labels, ...pair(text) } };
      return;
    case "volume-driver":
      mount.VolumeOptions = { ...volume, DriverConfig: { ...volume.DriverConfig, Name: text } };
      return;
    case "volume-opt":
      mount.VolumeOptions = {
        ...volume,
        DriverConfig: { ...volume.DriverConfig, Options: { ...volume.DriverConfig?.Options, ...pair(text) } },
      };
      return;
    case "image-subpath":
      mount.ImageOptions = { Subpath: text };
      return;
    case "tmpfs-size":
      mount.TmpfsOptions = { ...mount.TmpfsOptions, SizeBytes: parseBytes(text) };
      return;
    case "tmpfs-mode":
      if (!/^[0-7]+$/.test(text)) throw new Error(`invalid value for ${key}: ${text}`);
      mount.TmpfsOptions = { ...mount.TmpfsOptions, Mode: Number.parseInt(text, 8) };
      return;
    default:
      throw new Error(`unexpected key '${key}' in '${field}'`);
  }
}

function flag(key: string, value: string | undefined): boolean {
  if (value === undefined || ["1", "true", "t"].includes(value.toLowerCase())) return true;
  if (["0", "false", "f"].includes(value.toLowerCase())) return false;
  throw new Error(`invalid value for ${key}: ${value}`);
}

function recursion(value: string): NonNullable<Mount["BindOptions"]> {
  switch (value) {
    case "enabled":
      return {};
    case "disabled":
      return { NonRecursive: true };
    case "writable":
      return { ReadOnlyNonRecursive: true };
    case "readonly":
      return { ReadOnlyForceRecursive: true };
    default:
      throw new Error(
        `invalid value for bind-recursive: ${value} (must be "enabled", "disabled", "writable", or "readonly")`,
      );
  }
}

function pair(text: string): Record<string, string> {
  const equals = text.indexOf("=");
  return equals === -1 ? { [text]: "" } : { [text.slice(0, equals)]: text.slice(equals + 1) };
}

function misplaced(mount: Mount): string | undefined {
  if (mount.BindOptions !== undefined && mount.Type !== "bind") return "bind";
  if (mount.VolumeOptions !== undefined && mount.Type !== "volume") return "volume";
  if (mount.TmpfsOptions !== undefined && mount.Type !== "tmpfs") return "tmpfs";
  return undefined;
}
