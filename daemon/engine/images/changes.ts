import { EngineError } from "../../base/errors.ts";

/** The `config` of an image config (image-spec, config.md#properties), as it is written. */
export interface ConfigDocument {
  User?: string;
  ExposedPorts?: Record<string, object>;
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  Volumes?: Record<string, object>;
  WorkingDir?: string;
  Labels?: Record<string, string>;
  StopSignal?: string;
  OnBuild?: string[];
  Healthcheck?: {
    Test: string[];
    Interval?: number;
    Timeout?: number;
    StartPeriod?: number;
    StartInterval?: number;
    Retries?: number;
  };
}

type Apply = (config: ConfigDocument, rest: string) => void;

/**
 * Instructions that `docker import --change` and `commit --change` take; each line is one.
 * @throws EngineError InvalidParameter for any other, and for a malformed one.
 */
export function applyChanges(config: ConfigDocument, changes: readonly string[]): ConfigDocument {
  const next = structuredClone(config);
  for (const line of changes.flatMap((change) => change.split("\n"))) {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) continue;
    const [, word = "", rest = ""] = /^(\S+)\s*([^]*)$/.exec(text) ?? [];
    const name = word.toUpperCase();
    const apply = Object.hasOwn(INSTRUCTIONS, name) ? INSTRUCTIONS[name] : undefined;
    if (apply === undefined) throw wrong(`${word.toLowerCase()} is not a valid change command`);
    if (rest === "") throw wrong(`${name} requires at least one argument`);
    apply(next, rest);
  }
  return next;
}

const wrong = (message: string): EngineError => new EngineError("InvalidParameter", message);

const INSTRUCTIONS: Readonly<Record<string, Apply>> = {
  CMD: (config, rest) => void (config.Cmd = command(rest)),
  ENTRYPOINT: (config, rest) => void (config.Entrypoint = command(rest)),
  ENV: (config, rest) => {
    for (const [key, value] of pairs("ENV", rest)) {
      config.Env = [...(config.Env ?? []).filter((each) => !each.startsWith(`${key}=`)), `${key}=${value}`];
    }
  },
  LABEL: (config, rest) => void (config.Labels = { ...config.Labels, ...Object.fromEntries(pairs("LABEL", rest)) }),
  EXPOSE: (config, rest) =>
    void (config.ExposedPorts = { ...config.ExposedPorts, ...Object.fromEntries(words(rest).flatMap(ports)) }),
  VOLUME: (config, rest) => {
    const paths = jsonList(rest) ?? words(rest);
    if (paths.includes("")) throw wrong("VOLUME specified can not be an empty string");
    config.Volumes = { ...config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) };
  },
  USER: (config, rest) => void (config.User = single("USER", rest)),
  STOPSIGNAL: (config, rest) => void (config.StopSignal = single("STOPSIGNAL", rest)),
  WORKDIR: (config, rest) => {
    const path = words(rest).join(" ");
    const base = config.WorkingDir ?? "/";
    config.WorkingDir = path.startsWith("/") ? path : `${base.replace(/\/$/, "")}/${path}`;
  },
  ONBUILD: (config, rest) => {
    const trigger = /^\S+/.exec(rest)?.[0].toUpperCase();
    if (trigger === "ONBUILD" || trigger === "FROM" || trigger === "MAINTAINER")
      throw wrong(`${trigger} isn't allowed as an ONBUILD trigger`);
    config.OnBuild = [...(config.OnBuild ?? []), rest];
  },
  HEALTHCHECK: (config, rest) => void (config.Healthcheck = healthcheck(rest)),
};

/** The exec form is a JSON list of strings; anything else is for the shell. */
function command(rest: string): string[] {
  return jsonList(rest) ?? ["/bin/sh", "-c", rest];
}

function jsonList(rest: string): string[] | undefined {
  if (!rest.startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(rest);
    return Array.isArray(value) && value.every((each) => typeof each === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Words as a Dockerfile has them: quotes group, a backslash takes the next character as it is; quotes are taken off. */
function words(rest: string): string[] {
  const found: string[] = [];
  for (const [word] of rest.matchAll(/(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'\\])+/gs)) {
    found.push(
      word.replace(
        /\\(.)|"((?:\\.|[^"\\])*)"|'([^']*)'/gs,
        (_all, escaped?: string, double?: string, single?: string) =>
          escaped ?? double?.replace(/\\(["\\$])/g, "$1") ?? single ?? "",
      ),
    );
  }
  return found;
}

/** `a=b c="d e"`, or the old form `KEY the whole rest`. */
function pairs(name: string, rest: string): readonly (readonly [string, string])[] {
  const [first = "", ...more] = words(rest);
  if (!first.includes("=")) {
    const value = rest.replace(/^\S+\s*/, "");
    if (value === "") throw wrong(`${name} must have two arguments`);
    return [[first, value]];
  }
  return [first, ...more].map((word) => {
    const at = word.indexOf("=");
    if (at < 0) throw wrong(`Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
    if (at === 0) throw wrong(`${name} names can not be blank`);
    return [word.slice(0, at), word.slice(at + 1)] as const;
  });
}

function single(name: string, rest: string): string {
  const [value, ...more] = words(rest);
  if (value === undefined || more.length > 0) throw wrong(`${name} requires exactly one argument`);
  return value;
}

/** `80`, `80/udp`, `8000-8002/tcp`. */
function ports(word: string): readonly (readonly [string, object])[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? first);
  if (match === null || first < 1 || last > 65_535 || last < first) throw wrong(`Invalid containerPort: ${word}`);
  const protocol = match[3]?.toLowerCase() ?? "tcp";
  return Array.from({ length: last - first + 1 }, (_, i) => [`${first + i}/${protocol}`, {}] as const);
}

function healthcheck(rest: string): NonNullable<ConfigDocument["Healthcheck"]> {
  const options = new Map<string, string>();
  let text = rest;
  for (let match; (match = /^--([a-z-]+)=(\S+)\s*/.exec(text)) !== null; text = text.slice(match[0].length)) {
    options.set(match[1] ?? "", match[2] ?? "");
  }
  const [, kind = "", command = ""] = /^(\S+)\s*([^]*)$/.exec(text) ?? [];
  if (kind.toUpperCase() === "NONE" && command === "") return { Test: ["NONE"] };
  if (kind.toUpperCase() !== "CMD" || command === "")
    throw wrong(`Unknown type ${JSON.stringify(kind)} in HEALTHCHECK (try CMD)`);
  const list = jsonList(command);
  const duration = (name: string): number | undefined => nanoseconds(options.get(name));
  const retries = options.get("retries");
  const check = {
    Test: list === undefined ? ["CMD-SHELL", command] : ["CMD", ...list],
    Interval: duration("interval"),
    Timeout: duration("timeout"),
    StartPeriod: duration("start-period"),
    StartInterval: duration("start-interval"),
    Retries: retries === undefined ? undefined : Number(retries),
  };
  if (check.Retries !== undefined && !Number.isSafeInteger(check.Retries))
    throw wrong("HEALTHCHECK --retries is not a number");
  return check;
}

const UNITS: Readonly<Record<string, number>> = { h: 3.6e12, m: 6e10, s: 1e9, ms: 1e6, us: 1e3, ns: 1 };

/** Go's durations: `1m30s`. */
function nanoseconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|us|ns|h|m|s)/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join("") !== text)
    throw wrong(`invalid duration ${JSON.stringify(text)}`);
  return Math.round(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ""] ?? 0), 0));
}
