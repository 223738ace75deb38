import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { EngineError, messageOf } from "../base/errors.ts";
import { abortable } from "../base/keyed-lock.ts";
import type { LocalOptions } from "./local-options.ts";

/** `device` and `o` as the kernel takes them: it knows addresses, and no names of hosts (nfs(5), mount.cifs(8)). */
export async function withAddresses(
  options: LocalOptions,
  signal?: AbortSignal,
): Promise<{ readonly device: string; readonly o: string }> {
  const { type = "", device = "", o = "" } = options;
  if (type !== "nfs" && type !== "nfs4" && type !== "cifs") return { device, o };
  const words = o.split(",").filter(Boolean);
  const given = words.find((word) => word.startsWith("addr="));
  if (given !== undefined) {
    const address = await addressOf(given.slice("addr=".length), signal);
    return { device, o: words.map((word) => (word === given ? `addr=${address}` : word)).join(",") };
  }
  const host = hostOf(type, device);
  if (host === undefined) return { device, o };
  return { device, o: [...words, `addr=${await addressOf(host, signal)}`].join(",") };
}

/** `host:/path` of NFS, `//host/share` of CIFS. */
function hostOf(type: string, device: string): string | undefined {
  const form = type === "cifs" ? /^\/\/([^/]+)/ : /^(\[[^\]]+\]|[^/:]+):/;
  return form.exec(device)?.[1]?.replace(/^\[(.*)\]$/, "$1");
}

async function addressOf(host: string, signal: AbortSignal | undefined): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await abortable(lookup(host), signal)).address;
  } catch (error) {
    signal?.throwIfAborted();
    throw new EngineError(
      "Unavailable",
      `error resolving passed in network volume address: lookup ${host}: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
