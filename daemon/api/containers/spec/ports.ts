import { isIP } from "node:net";
import type { PortMap } from "../../../../sdk/contract/index.ts";
import type { PortBinding } from "../../../engine/model/container.ts";
import { invalid } from "./invalid.ts";

const LAST = 65_535;
const PORT = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/i;

export interface ContainerPort {
  readonly port: number;
  readonly protocol: PortBinding["protocol"];
}

/** `80`, `80/tcp`, `53/UDP`. @throws EngineError InvalidParameter. */
export function parsePort(text: string): ContainerPort {
  const [, number = "0", protocol = "tcp"] = PORT.exec(text) ?? [];
  const port = Number(number);
  if (port < 1 || port > LAST) throw invalid(`invalid port specification: ${JSON.stringify(text)}`);
  return { port, protocol: protocol.toLowerCase() as PortBinding["protocol"] };
}

/** The one spelling of a port: `80/tcp`. */
export function portText({ port, protocol }: ContainerPort): string {
  return `${port}/${protocol}`;
}

/** `HostConfig.PortBindings`, one for each port of the host; a port with no binding is not published. */
export function parsePortBindings(ports: PortMap): readonly PortBinding[] {
  return Object.entries(ports).flatMap(([text, bindings]) => {
    const { port, protocol } = parsePort(text);
    return (bindings ?? []).map((binding) => ({
      containerPort: port,
      protocol,
      hostIp: hostIpOf(binding.HostIp ?? ""),
      ...hostRange(binding.HostPort ?? ""),
    }));
  });
}

function hostIpOf(text: string): string {
  // Brackets are the form of a URL, in which some clients keep the address.
  const address = text.replace(/^\[(.*)\]$/, "$1");
  if (address !== "" && isIP(address) === 0) throw invalid(`invalid IP address: ${text}`);
  return address;
}

/** "" and 0 are any free port. */
function hostRange(text: string): Pick<PortBinding, "hostPort" | "hostPortEnd"> {
  const [, first = "", last = first] = /^(\d{0,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const range = { hostPort: Number(first), hostPortEnd: Number(last) };
  const bad = (first === "" && text !== "") || range.hostPortEnd > LAST || range.hostPortEnd < range.hostPort;
  if (bad) throw invalid(`invalid port specification: ${JSON.stringify(text)}`);
  return range;
}
