import ipaddr from "ipaddr.js";
import { EngineError } from "../base/errors.ts";

const DOCKER_HUB = "docker.io";
const DOCKER_HUB_API = "registry-1.docker.io";

/** The `host[:port]` that serves a domain's API: Docker Hub's is another one. */
export function apiHostOf(domain: string): string {
  return domain === DOCKER_HUB || domain === "index.docker.io" ? DOCKER_HUB_API : domain;
}

/**
 * Whether plain http, or a certificate that nobody vouches for, is good enough: the machine itself always (as in Docker),
 * others when `insecureRegistries` (`host:port`, `host`, CIDR) names them.
 */
export function isInsecure(host: string, insecureRegistries: readonly string[]): boolean {
  const name = hostnameOf(host);
  const address = ipaddr.isValid(name) ? ipaddr.process(name) : undefined;
  if (isLoopback(host)) return true;
  return insecureRegistries.some(
    (entry) => entry === host || entry === name || (address !== undefined && covers(entry, address)),
  );
}

export function isLoopback(host: string): boolean {
  const name = hostnameOf(host);
  return name === "localhost" || (ipaddr.isValid(name) && ipaddr.process(name).range() === "loopback");
}

function covers(entry: string, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (!ipaddr.isValidCIDR(entry)) return false;
  const [network, bits] = ipaddr.parseCIDR(entry);
  return network.kind() === address.kind() && address.match(network, bits);
}

function hostnameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host)?.[1];
  return bracketed ?? host.replace(/:\d+$/, "");
}

/**
 * Where to ask, in order. http comes after https, as Docker tries it.
 * @throws EngineError InvalidParameter for a mirror that is no http(s) URL.
 */
export function endpointsOf(
  domain: string,
  options: { readonly insecureRegistries: readonly string[]; readonly mirrors: readonly string[] },
): readonly { readonly base: URL; readonly insecure: boolean; readonly mirror: boolean }[] {
  const host = apiHostOf(domain);
  const insecure = isInsecure(host, options.insecureRegistries);
  const own = [{ base: new URL(`https://${host}/`), insecure, mirror: false }];
  if (insecure) own.push({ base: new URL(`http://${host}/`), insecure, mirror: false });
  const mirrors = domain === DOCKER_HUB ? options.mirrors : [];
  return [...mirrors.map((text) => mirrorOf(text, options.insecureRegistries)), ...own];
}

function mirrorOf(
  text: string,
  insecureRegistries: readonly string[],
): { base: URL; insecure: boolean; mirror: boolean } {
  const base = URL.canParse(text) ? new URL(text) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol) || base.username !== "" || base.search !== "") {
    throw new EngineError(
      "InvalidParameter",
      `invalid mirror: ${JSON.stringify(text)} is not a plain http or https URL`,
    );
  }
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return { base, insecure: isInsecure(base.host, insecureRegistries), mirror: true };
}
