import type { PortMap, PortSummary } from "../../../../sdk/contract/index.ts";
import type { Container, EndpointRecord } from "../../../engine/model/container.ts";

type Endpoints = Readonly<Record<string, EndpointRecord>>;
type Published = NonNullable<EndpointRecord["ports"]>[number];

/** `NetworkSettings.Ports`: what is published, and null for what is only exposed; nothing while it does not run. */
export function portMap(container: Container, endpoints: Endpoints): PortMap {
  if (!isOpen(container)) return {};
  const ports: PortMap = Object.fromEntries(container.spec.exposedPorts.map((port) => [port, null]));
  for (const published of publishedOf(endpoints)) {
    const binding = { HostIp: published.hostIp, HostPort: published.hostPort === 0 ? "" : String(published.hostPort) };
    (ports[nameOf(published)] ??= []).push(binding);
  }
  return ports;
}

/** `Ports` of list, by the container's port. */
export function portSummaries(container: Container): PortSummary[] {
  if (!isOpen(container)) return [];
  const published = publishedOf(container.endpoints);
  const known = new Set(published.map(nameOf));
  const exposed = container.spec.exposedPorts.filter((port) => !known.has(port)).map(exposedJson);
  return [...published.map(publishedJson), ...exposed].sort((a, b) => a.PrivatePort - b.PrivatePort);
}

/** On the host's network, and on none, there is nothing to say of ports. */
function isOpen({ state, spec }: Container): boolean {
  if (spec.host.network === "host" || spec.host.network === "none") return false;
  return state.status === "running" || state.status === "paused";
}

function publishedOf(endpoints: Endpoints): readonly Published[] {
  return Object.values(endpoints).flatMap(({ ports = [] }) => ports);
}

function nameOf({ containerPort, protocol }: Published): string {
  return `${containerPort}/${protocol}`;
}

function publishedJson({ hostIp, containerPort, hostPort, protocol }: Published): PortSummary {
  return { IP: hostIp, PrivatePort: containerPort, PublicPort: hostPort, Type: protocol };
}

function exposedJson(port: string): PortSummary {
  const [number, protocol = "tcp"] = port.split("/");
  return { PrivatePort: Number(number), Type: protocol };
}
