import type { ContainerInspect } from "../../../../sdk/contract/index.ts";
import type { Container } from "../../../engine/model/container.ts";
import type { ContainerDetails } from "../../../engine/services.ts";
import { configJson } from "./config.ts";
import { hostConfigJson } from "./host-config.ts";
import { mountPoints } from "./mount-points.ts";
import { networkSettingsJson } from "./network-settings.ts";
import { stateJson } from "./state.ts";

/** `GET /containers/{id}/json`. `imageVolumes`: its VOLUMEs. `size` in bytes, where it was asked for. */
export function inspectJson(
  container: Container,
  details: ContainerDetails,
  imageVolumes: readonly string[],
  size?: { readonly rw: number; readonly rootFs: number },
): ContainerInspect {
  const [path = "", ...args] = container.process.args;
  return {
    Id: container.id,
    Created: container.createdAt,
    Path: path,
    Args: args,
    State: stateJson(container.state, details.health),
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
    HostConfig: {
      ...hostConfigJson(container.spec, imageVolumes),
      Links: details.links.length > 0 ? [...details.links] : null,
    },
    GraphDriver: { Name: details.snapshot.driver, Data: details.snapshot.data },
    ...(size !== undefined && { SizeRw: size.rw, SizeRootFs: size.rootFs }),
    Mounts: mountPoints(container),
    Config: configJson(container, imageVolumes),
    NetworkSettings: networkSettingsJson(container, details),
  };
}
