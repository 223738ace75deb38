import type { ContainerConfig } from "../../../../sdk/contract/index.ts";
import { healthcheckJson } from "../../healthcheck-json.ts";
import type { Container } from "../../../engine/model/container.ts";

/** `Config` of inspect: the image's defaults and the user's wishes as one, which is what runs. */
export function configJson({ spec, process }: Container, imageVolumes: readonly string[]): ContainerConfig {
  const volumes = [...new Set([...spec.volumes, ...imageVolumes])];
  return {
    Hostname: spec.hostname,
    Domainname: spec.domainname,
    User: process.user,
    AttachStdin: spec.attachStdin,
    AttachStdout: spec.attachStdout,
    AttachStderr: spec.attachStderr,
    ...(spec.exposedPorts.length > 0 && { ExposedPorts: setOf(spec.exposedPorts) }),
    Tty: spec.tty,
    OpenStdin: spec.openStdin,
    StdinOnce: spec.stdinOnce,
    Env: [...process.env],
    Cmd: process.cmd === undefined ? null : [...process.cmd],
    Image: spec.image,
    Volumes: volumes.length > 0 ? setOf(volumes) : null,
    WorkingDir: process.cwd,
    Entrypoint: process.entrypoint === undefined ? null : [...process.entrypoint],
    OnBuild: null,
    Labels: process.labels,
    ...(process.stopSignal !== "SIGTERM" && { StopSignal: process.stopSignal }),
    ...(process.healthcheck !== undefined && { Healthcheck: healthcheckJson(process.healthcheck) }),
    ...(spec.stopTimeout !== undefined && { StopTimeout: spec.stopTimeout }),
  };
}

function setOf(names: readonly string[]): Record<string, Record<string, never>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}
