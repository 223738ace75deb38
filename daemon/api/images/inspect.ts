import type { ImageConfig, ImageInspect } from "../../../sdk/contract/index.ts";
import { NEVER } from "../../base/time.ts";
import { healthcheckJson } from "../healthcheck-json.ts";
import type { Image, RunDefaults } from "../../engine/model/image.ts";
import { familiarOf } from "../../oci/reference.ts";
import { atLeast } from "../http/version.ts";

/** `GET /images/{name}/json`. `driver`: that of the snapshots. */
export function imageInspect(image: Image, driver: string, apiVersion: string): ImageInspect & Record<string, unknown> {
  const { config, size } = image;
  return {
    Id: image.id,
    RepoTags: image.tags.map(familiarOf),
    RepoDigests: image.digests.map(familiarOf),
    Parent: "",
    Comment: config.comment ?? "",
    Created: config.created ?? NEVER,
    // Until 1.45 the container that a commit was made of.
    ...(!atLeast(apiVersion, "1.45") && { Container: "", ContainerConfig: containerConfig(config.run) }),
    DockerVersion: "",
    Author: config.author ?? "",
    Config: atLeast(apiVersion, "1.50") ? imageConfig(config.run) : containerConfig(config.run),
    Architecture: config.architecture,
    ...(config.variant !== undefined && { Variant: config.variant }),
    Os: config.os,
    Size: size,
    ...(!atLeast(apiVersion, "1.44") && { VirtualSize: size }),
    GraphDriver: { Data: null, Name: driver },
    RootFS: { Type: "layers", Layers: [...config.diffIds] },
    Metadata: { LastTagTime: image.taggedAt ?? NEVER },
  };
}

function imageConfig(run: RunDefaults): ImageConfig {
  return {
    User: run.user,
    ...(run.exposedPorts.length > 0 && { ExposedPorts: setOf(run.exposedPorts) }),
    Env: [...run.env],
    Cmd: run.cmd === undefined ? null : [...run.cmd],
    ...(run.healthcheck !== undefined && { Healthcheck: healthcheckJson(run.healthcheck) }),
    ...(run.argsEscaped === true && { ArgsEscaped: true }),
    Volumes: run.volumes.length > 0 ? setOf(run.volumes) : null,
    WorkingDir: run.workingDir,
    Entrypoint: run.entrypoint === undefined ? null : [...run.entrypoint],
    OnBuild: run.onBuild === undefined ? null : [...run.onBuild],
    Labels: Object.keys(run.labels).length > 0 ? run.labels : null,
    ...(run.stopSignal !== undefined && { StopSignal: run.stopSignal }),
    ...(run.shell !== undefined && { Shell: [...run.shell] }),
  };
}

/** Until 1.50 a container's fields came along, always empty. */
function containerConfig(run: RunDefaults): ImageConfig & Record<string, unknown> {
  return {
    Hostname: "",
    Domainname: "",
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Image: "",
    ...imageConfig(run),
  };
}

function setOf(names: readonly string[]): Record<string, Record<string, never>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}
