import { messageOf } from "../../../base/errors.ts";
import type { MountSpec, Propagation } from "../../../engine/model/container.ts";
import { invalid } from "./invalid.ts";
import { cleanPath, mountTarget } from "./mount-target.ts";

/** Every word of a mode, by what it is about: one of each kind at most. */
const KINDS: Readonly<Record<string, string>> = {
  ro: "access",
  rw: "access",
  // SELinux relabels by these; where there is no SELinux there is nothing to do.
  z: "label",
  Z: "label",
  nocopy: "copy",
  // Of Docker Desktop, without meaning here.
  consistent: "consistency",
  cached: "consistency",
  delegated: "consistency",
  private: "propagation",
  rprivate: "propagation",
  shared: "propagation",
  rshared: "propagation",
  slave: "propagation",
  rslave: "propagation",
};

/**
 * One of `HostConfig.Binds`: `[source:]target[:mode]`. A source with a slash in front is a path of the host, else the name of
 * a volume; without one the volume is anonymous.
 * @throws EngineError InvalidParameter in Docker's words.
 */
export function parseBind(bind: string, volumeDriver: string): MountSpec {
  const [source, rawTarget, mode] = splitBind(bind);
  const words = parseMode(mode);
  const readOnly = words.get("access") === "ro";
  const target = targetOf(bind, rawTarget);
  if (source.startsWith("/")) {
    if (words.has("copy")) throw invalid(`invalid mode: ${mode}`);
    return {
      type: "bind",
      source: cleanPath(source),
      target,
      readOnly,
      propagation: (words.get("propagation") as Propagation | undefined) ?? "rprivate",
      nonRecursive: false,
      createSource: true,
    };
  }
  if (words.has("propagation")) throw invalid(`invalid mode: ${mode}`);
  const noCopy = words.has("copy");
  return {
    type: "volume",
    name: source,
    target,
    readOnly,
    noCopy,
    labels: {},
    driver: volumeDriver,
    driverOpts: {},
    subpath: "",
  };
}

/** The mode as it was given for `target`, for inspect. */
export function modeOf(binds: readonly string[], target: string): string | undefined {
  for (const bind of binds) {
    const [, given, mode] = splitBind(bind);
    if (cleanPath(given) === target) return mode;
  }
  return undefined;
}

function splitBind(bind: string): readonly [source: string, target: string, mode: string] {
  const parts = bind.split(":");
  const [first = "", second = "", third = ""] = parts;
  const bad = invalid(`invalid volume specification: '${bind}'`);
  switch (parts.length) {
    case 1:
      if (first === "") throw bad;
      return ["", first, ""];
    case 2:
      // A target and a mode: an anonymous volume cannot have one.
      if (first === "" || second === "" || isMode(second)) throw bad;
      return [first, second, ""];
    case 3:
      if (first === "" || second === "") throw bad;
      return [first, second, third];
    default:
      throw bad;
  }
}

function isMode(text: string): boolean {
  return text.split(",").every((word) => Object.hasOwn(KINDS, word));
}

function parseMode(mode: string): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  if (mode === "") return words;
  for (const word of mode.split(",")) {
    const kind = Object.hasOwn(KINDS, word) ? KINDS[word] : undefined;
    if (kind === undefined || words.has(kind)) throw invalid(`invalid mode: ${mode}`);
    words.set(kind, word);
  }
  return words;
}

function targetOf(bind: string, target: string): string {
  try {
    return mountTarget(target);
  } catch (error) {
    throw invalid(`invalid volume specification: '${bind}': ${messageOf(error)}`);
  }
}
