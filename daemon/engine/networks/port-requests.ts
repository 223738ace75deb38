import { EngineError, kindOf, messageOf } from "../../base/errors.ts";
import type { PortRequest, PublishedPort } from "../../network/network-driver.ts";
import type { ContainerSpec } from "../model/container.ts";
import type { NetworkRecord } from "../services.ts";
import { HOST_BINDING } from "./bridge-network.ts";

/** What a container publishes by `-p`, and by `-P`: its exposed ports that have no binding of their own. */
export function portRequests({ host, exposedPorts }: ContainerSpec, network: NetworkRecord): readonly PortRequest[] {
  const defaultIp = defaultHostIp(network);
  const bound = host.portBindings.map((each) => ({ ...each, hostIp: each.hostIp === "" ? defaultIp : each.hostIp }));
  if (!host.publishAllPorts) return bound;
  const known = new Set(host.portBindings.map((each) => `${each.containerPort}/${each.protocol}`));
  const exposed = exposedPorts.filter((port) => !known.has(port)).flatMap((port) => exposedRequest(port, defaultIp));
  return [...bound, ...exposed];
}

/** The same ports again: after a restart of the daemon, or on another network. */
export function sameRequests(ports: readonly PublishedPort[]): readonly PortRequest[] {
  return ports.map((port) => ({ ...port, hostPortEnd: port.hostPort }));
}

/** "" is every address of both families. */
function defaultHostIp({ options }: NetworkRecord): string {
  const address = options[HOST_BINDING] ?? "";
  return address === "0.0.0.0" ? "" : address;
}

function exposedRequest(port: string, hostIp: string): readonly PortRequest[] {
  const [, number = "", protocol] = /^(\d+)\/(tcp|udp|sctp)$/.exec(port) ?? [];
  if (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp") return [];
  return [{ containerPort: Number(number), protocol, hostIp, hostPort: 0, hostPortEnd: 0 }];
}

/** In the words that clients look for. */
export function publishError(container: string, endpointId: string, error: unknown): EngineError {
  const text = `driver failed programming external connectivity on endpoint ${container} (${endpointId}): ${messageOf(error)}`;
  return new EngineError(kindOf(error), text, { cause: error });
}
