import { containerOf, type Container } from "../../../extension/model/container.ts";
import type { wire } from "../../../sdk/index.ts";

/** A container as the engine lists it. */
export function summary(
  id: string,
  state: wire.ContainerStatus,
  other: Partial<wire.ContainerSummary> = {},
): wire.ContainerSummary {
  return {
    Id: id,
    Names: [`/${id}`],
    Image: "busybox",
    ImageID: "sha256:1",
    Command: "sh",
    Created: 0,
    Ports: [],
    Labels: {},
    State: state,
    Status: "",
    HostConfig: {},
    NetworkSettings: { Networks: {} },
    Mounts: [],
    ...other,
  };
}

export function container(
  id: string,
  state: wire.ContainerStatus = "running",
  other: Partial<wire.ContainerSummary> = {},
): Container {
  return containerOf(summary(id, state, other));
}
