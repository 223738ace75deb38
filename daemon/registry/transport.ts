import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import type { Dispatcher } from "undici";
import { errnoOf } from "../base/errors.ts";
import { isLoopback } from "./hosts.ts";

export interface TransportOptions {
  /** Folder of `<host:port>/{*.crt,*.cert,*.key}` (dockerd's /etc/docker/certs.d). */
  readonly certsDir?: string;
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
}

/** Milliseconds. A registry that says nothing for so long is asked again. */
const SILENCE_MS = 60_000;
const CONNECT_MS = 15_000;

interface HostCertificates {
  readonly ca?: string[];
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/**
 * A dispatcher for one host: proxies of the options, else of the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY; either
 * case), the host's own certificate authorities and client certificate. `insecure` takes any certificate.
 */
export async function openTransport(host: string, insecure: boolean, options: TransportOptions): Promise<Dispatcher> {
  const certificates = options.certsDir === undefined ? {} : await readCertificates(join(options.certsDir, host));
  const tls = { ...certificates, rejectUnauthorized: !insecure };
  // A daemon that never speaks to a registry saves its 10 MB and more.
  const { Agent, EnvHttpProxyAgent } = await import("./undici.ts");
  const { httpProxy, httpsProxy, noProxy } = options;
  const common = {
    connect: { ...tls, timeout: CONNECT_MS },
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
    // Blobs are few and large: a connection each is faster than streams that share one window.
    allowH2: false,
  };
  // As Go's and every browser's rule: the machine itself is never asked through a proxy.
  if (isLoopback(host)) return new Agent(common);
  return new EnvHttpProxyAgent({
    ...common,
    requestTls: tls,
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    ...(noProxy === undefined ? {} : { noProxy }),
  });
}

/** What docker-ce documents: `*.crt` are authorities, beside the usual ones; `x.cert` with `x.key` is for the client. */
async function readCertificates(folder: string): Promise<HostCertificates> {
  let names: string[];
  try {
    names = (await readdir(folder)).sort();
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return {};
    throw error;
  }
  const authorities = names.filter((name) => name.endsWith(".crt"));
  const client = names.find((name) => name.endsWith(".cert") && names.includes(name.replace(/cert$/, "key")));
  const ca = await Promise.all(authorities.map((name) => readFile(join(folder, name), "utf8")));
  return {
    ...(ca.length === 0 ? {} : { ca: [...rootCertificates, ...ca] }),
    ...(client === undefined
      ? {}
      : {
          cert: await readFile(join(folder, client)),
          key: await readFile(join(folder, client.replace(/cert$/, "key"))),
        }),
  };
}
