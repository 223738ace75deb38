import { EngineError } from "../../base/errors.ts";

/** What an endpoint can be told beside its addresses. */
export const ENDPOINT_IFNAME = "com.docker.network.endpoint.ifname";
export const ENDPOINT_SYSCTLS = "com.docker.network.endpoint.sysctls";

type Options = Readonly<Record<string, string>>;

/** @throws EngineError InvalidParameter for values, in Docker's words; NotImplemented by name for what we do not act on. */
export function checkEndpointOptions(options: Options): void {
  for (const [name, value] of Object.entries(options)) {
    if (name === ENDPOINT_SYSCTLS) parseSysctls(value);
    else if (name === ENDPOINT_IFNAME) checkInterface(value);
    else
      throw new EngineError(
        "NotImplemented",
        `EndpointsConfig.DriverOpts ${JSON.stringify(name)} is not supported yet`,
      );
  }
}

/** IFNAMSIZ, and what the kernel takes for a name (dev_valid_name). */
function checkInterface(name: string): void {
  if (!/^[^\s/:]{1,15}$/.test(name) || name === "." || name === ".." || name === "lo")
    throw new EngineError("InvalidParameter", `invalid interface name: ${name}`);
}

/** @param options checked. @returns paths below /proc/sys, of the interface. */
export function sysctlsOf(
  options: Options,
  interfaceName: string,
): readonly (readonly [path: string, value: string])[] {
  const text = options[ENDPOINT_SYSCTLS];
  if (text === undefined) return [];
  return parseSysctls(text).map(({ family, kind, name, value }) => [
    `net/${family}/${kind}/${interfaceName}/${name}`,
    value,
  ]);
}

/** Clients write options in lower case. */
function parseSysctls(text: string): { family: string; kind: string; name: string; value: string }[] {
  return text.split(",").map((each) => {
    const [, family, kind, name, value] = /^net\.(ipv4|ipv6|mpls)\.(\w+)\.IFNAME\.(\w+)=(.*)$/i.exec(each) ?? [];
    if (family === undefined || kind === undefined || name === undefined || value === undefined)
      throw new EngineError(
        "InvalidParameter",
        `unrecognised network interface sysctl '${each}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'`,
      );
    return { family, kind, name, value };
  });
}
