import type { MountOptions, PublishedPort, RestartOptions } from "../../sdk/index.ts";

/** Docker's short notations, read into the SDK's options. Each throws an Error that names the text it cannot read. */

/** `8080:80`, `127.0.0.1:8080:80/udp`, `[::1]:80:80`, `80`, `80/tcp` */
export function parsePort(given: string | number): PublishedPort {
  const text = String(given).trim();
  const match = /^(?:(?:(\[[0-9a-fA-F:]+\]|[\d.]+):)?(\d*):)?(\d+)(?:\/(tcp|udp|sctp))?$/.exec(text);
  const [, address, host, container, protocol] = match ?? [];
  const numbers = [Number(container), host ? Number(host) : 1];
  if (match === null || numbers.some((number) => !(number >= 1 && number <= 65535)))
    throw new Error(`"${text}" is no port: write HOST:CONTAINER, like 8080:80`);
  return {
    container: Number(container),
    ...(host ? { host: Number(host) } : {}),
    ...(address === undefined ? {} : { address: address.replace(/^\[|\]$/g, "") }),
    ...(protocol === undefined ? {} : { protocol: protocol as "tcp" | "udp" | "sctp" }),
  };
}

/** `./src:/app:ro`, `/abs:/x`, `~/x:/x`, `name:/data`, `/data` @param resolve makes a path of the host absolute */
export function parseVolume(text: string, resolve: (path: string) => string): MountOptions {
  const parts = text.trim().split(":");
  const [first = "", second] = parts;
  const target = parts.length === 1 ? first : (second ?? "");
  const mode = parts[2] ?? "rw";
  if (!target.startsWith("/") || parts.length > 3 || !/^(ro|rw)(,[zZ])?$|^[zZ]$/.test(mode))
    throw new Error(`"${text}" is no volume: write SOURCE:/TARGET or SOURCE:/TARGET:ro`);
  const readOnly = mode.startsWith("ro");
  if (parts.length === 1) return { type: "volume", target };
  if (/^[./~]/.test(first)) return { type: "bind", source: resolve(first), target, readOnly };
  return { type: "volume", source: first, target, readOnly };
}

/** `no`, `always`, `unless-stopped`, `on-failure[:retries]` */
export function parseRestart(text: string): RestartOptions {
  const match = /^(no|always|unless-stopped|on-failure)(?::(\d+))?$/.exec(text.trim());
  if (match === null || (match[2] !== undefined && match[1] !== "on-failure"))
    throw new Error(`"${text}" is no restart policy: no, always, unless-stopped, on-failure or on-failure:RETRIES`);
  return {
    policy: match[1] as RestartOptions["policy"],
    ...(match[2] === undefined ? {} : { maxRetries: Number(match[2]) }),
  };
}

/** Lines of `KEY=value`; `#` begins a comment line, and a KEY alone takes its value from `env`. */
export function parseEnvFile(text: string, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const trimmed = line.trimStart();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const equals = trimmed.indexOf("=");
    const key = equals === -1 ? trimmed.trimEnd() : trimmed.slice(0, equals);
    const value = equals === -1 ? env[key] : trimmed.slice(equals + 1);
    if (value !== undefined) result[key] = value;
  }
  return result;
}

/** Splits a command line as a shell would, without expanding anything: quotes and backslashes. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [, single, double, escaped, plain] of line.matchAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|(\s+|[^\s'"\\]+)/gs,
  )) {
    if (plain !== undefined && /^\s/.test(plain)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word = (word ?? "") + (single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? escaped ?? plain ?? "");
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** The other way round: words that a shell reads as they are. */
export function joinWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}
