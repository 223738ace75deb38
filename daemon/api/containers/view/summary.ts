import type { ContainerSummary } from "../../../../sdk/contract/index.ts";
import type { ListedContainer } from "../../../engine/services.ts";
import { endpointsJson } from "./endpoints.ts";
import { mountPoints } from "./mount-points.ts";
import { portSummaries } from "./ports.ts";
import { statusText } from "./state.ts";

/** One of `GET /containers/json`. */
export function summaryJson(
  { container, imageName, linkNames, size }: ListedContainer,
  now = Date.now(),
): ContainerSummary {
  const { spec, process, state } = container;
  const { annotations, network } = spec.host;
  return {
    Id: container.id,
    Names: [`/${container.name}`, ...linkNames],
    Image: imageName,
    ImageID: container.imageId,
    Command: commandText(process.args),
    Created: Math.floor(Date.parse(container.createdAt) / 1000),
    Ports: portSummaries(container),
    ...(size !== undefined && { SizeRw: size.rw, SizeRootFs: size.rootFs }),
    Labels: process.labels,
    State: state.status,
    Status: statusText(state, container.health, now),
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
