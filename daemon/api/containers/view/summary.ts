import type { ContainerSummary, PortSummary } from "../../../../sdk/contract/index.ts";
import type { Container } from "../../../engine/model/container.ts";
import type { ListedContainer } from "../../../engine/services.ts";
import { endpointsJson } from "./endpoints.ts";
import { mountPoints } from "./mount-points.ts";
import { statusText } from "./state.ts";

/** One of `GET /containers/json`. `exposed`: the ports of the image and the user. */
export function summaryJson(
  { container, imageName, size }: ListedContainer,
  exposed: readonly string[],
  now = Date.now(),
): ContainerSummary {
  const { spec, process, state } = container;
  const { annotations, network } = spec.host;
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: imageName,
    ImageID: container.imageId,
    Command: commandText(process.args),
    Created: Math.floor(Date.parse(container.createdAt) / 1000),
    Ports: portsJson(container, exposed),
    ...(size !== undefined && { SizeRw: size.rw, SizeRootFs: size.rootFs }),
    Labels: process.labels,
    State: state.status,
    Status: statusText(state, now),
    HostConfig: {
      NetworkMode: network,
      ...(Object.keys(annotations).length > 0 && { Annotations: annotations }),
    },
    NetworkSettings: { Networks: endpointsJson(container, container.endpoints) },
    Mounts: mountPoints(container),
  };
}

/** Words with a blank in them are quoted. */
function commandText(args: readonly string[]): string {
  return args.map((word) => (word.includes(" ") ? `'${word}'` : word)).join(" ");
}

/** Ports are open to others only while it runs. */
function portsJson({ state, spec }: Container, exposed: readonly string[]): PortSummary[] {
  if (state.status !== "running" && state.status !== "paused") return [];
  if (spec.host.network === "host" || spec.host.network === "none") return [];
  return exposed.map((port) => {
    const [number, protocol = "tcp"] = port.split("/");
    return { PrivatePort: Number(number), Type: protocol };
  });
}
