import type { ContainerInspect } from "../../../../sdk/contract/index.ts";
import type { Container } from "../../../engine/model/container.ts";
import type { ContainerDetails } from "../../../engine/services.ts";
import { configJson, exposedPorts } from "./config.ts";
import { hostConfigJson } from "./host-config.ts";
import { mountPoints } from "./mount-points.ts";
import { networkSettingsJson } from "./network-settings.ts";
import { stateJson } from "./state.ts";

/** What of the image shows in a container that was made from it. */
export interface ImageShown {
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
}

/** `GET /containers/{id}/json`. `size` in bytes, where it was asked for. */
export function inspectJson(
  container: Container,
  details: ContainerDetails,
  image: ImageShown,
  size?: { readonly rw: number; readonly rootFs: number },
): ContainerInspect {
  const [path = "", ...args] = container.process.args;
  return {
    Id: container.id,
    Created: container.createdAt,
    Path: path,
    Args: args,
    State: stateJson(container.state),
    Image: container.imageId,
    ResolvConfPath: details.resolvConfPath,
    HostnamePath: details.hostnamePath,
    HostsPath: details.hostsPath,
    LogPath: details.logPath,
    Name: `/${container.name}`,
    RestartCount: container.restartCount,
    Driver: details.snapshot.driver,
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: details.apparmorProfile,
    ExecIDs: details.execIds.length > 0 ? [...details.execIds] : null,
    HostConfig: hostConfigJson(container.spec, image.volumes),
    GraphDriver: { Name: details.snapshot.driver, Data: details.snapshot.data },
    ...(size !== undefined && { SizeRw: size.rw, SizeRootFs: size.rootFs }),
    Mounts: mountPoints(container),
    Config: configJson(container, image),
    NetworkSettings: networkSettingsJson(container, details, exposedPorts(container.spec.exposedPorts, image)),
  };
}
