export interface PortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

/** What `-p` and `--expose` add up to; keys are `80/tcp`. */
export interface PortSpecs {
  readonly exposed: Record<string, Record<string, never>>;
  readonly bindings: Record<string, PortBinding[]>;
}

const PROTOCOLS = new Set(["tcp", "udp", "sctp"]);

/**
 * `[[IP:]HOST:]CONTAINER[/PROTO]` with ranges on both sides, or `target=80,published=8080,protocol=tcp`.
 * A host range for one container port is left to the engine to choose from.
 * @throws Error in docker's words.
 */
export function parsePorts(published: readonly string[], exposed: readonly string[]): PortSpecs {
  const specs: PortSpecs = { exposed: {}, bindings: {} };
  for (const text of published) addPublished(text.includes("=") ? longForm(text) : shortForm(text), specs);
  for (const text of exposed) {
    const { port, protocol } = splitProtocol(text);
    const range = portRange(
      port,
      `${text}, error: strconv.ParseUint: parsing ${JSON.stringify(port)}: invalid syntax`,
      "range format for --expose",
    );
    for (let number = range.first; number <= range.last; number++) specs.exposed[`${number}/${protocol}`] = {};
  }
  return specs;
}

interface Published {
  readonly ip: string;
  readonly host: string;
  readonly container: string;
  readonly protocol: string;
}

function shortForm(text: string): Published {
  const { port: rest, protocol } = splitProtocol(text);
  const bracketed = /^\[([^\]]*)\]:(.*)$/.exec(rest);
  const parts = (bracketed?.[2] ?? rest).split(":");
  const container = parts.pop() ?? "";
  const host = parts.pop() ?? "";
  const ip = bracketed?.[1] ?? parts.join(":");
  if (container === "") throw new Error(`no port specified: ${text}<empty>`);
  if (ip !== "" && !/^[\d.]+$|:/.test(ip)) throw new Error(`invalid IP address: ${ip}`);
  return { ip, host, container, protocol };
}

/** Compose's long form, which docker takes on the command line too. */
function longForm(text: string): Published {
  const fields = new Map(
    text.split(",").map((field) => {
      const [key = "", ...value] = field.split("=");
      return [key, value.join("=")] as const;
    }),
  );
  const container = fields.get("target") ?? fields.get("containerPort") ?? "";
  if (container === "") throw new Error(`invalid field format: ${text}: target is required`);
  return { ip: "", host: fields.get("published") ?? "", container, protocol: fields.get("protocol") ?? "tcp" };
}

function addPublished(spec: Published, specs: PortSpecs): void {
  const container = portRange(spec.container, spec.container, "containerPort");
  const host = spec.host === "" ? undefined : portRange(spec.host, spec.host, "hostPort");
  const count = container.last - container.first + 1;
  const hostCount = host === undefined ? count : host.last - host.first + 1;
  if (hostCount !== count && count !== 1)
    throw new Error(`invalid ranges specified for container and host Ports: ${spec.container} and ${spec.host}`);
  for (let offset = 0; offset < count; offset++) {
    const key = `${container.first + offset}/${spec.protocol}`;
    const HostPort = host === undefined ? "" : hostCount === count ? String(host.first + offset) : spec.host;
    specs.exposed[key] = {};
    (specs.bindings[key] ??= []).push({ HostIp: spec.ip, HostPort });
  }
}

function splitProtocol(text: string): { port: string; protocol: string } {
  const [port = "", protocol = "tcp", ...more] = text.split("/");
  if (more.length > 0 || !PROTOCOLS.has(protocol.toLowerCase())) throw new Error(`invalid proto: ${protocol}`);
  return { port, protocol: protocol.toLowerCase() };
}

function portRange(text: string, shown: string, what: string): { first: number; last: number } {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  const first = Number(match?.[1] ?? Number.NaN);
  const last = Number(match?.[2] ?? first);
  if (!(first <= last && last <= 65_535)) throw new Error(`invalid ${what}: ${shown}`);
  return { first, last };
}
