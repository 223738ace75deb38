import type { ContainerCreateBody } from "../../../../sdk/contract/index.ts";
import type { ContainerSpec } from "../../../engine/model/container.ts";
import { parseSignal } from "../../../oci/signals.ts";
import { parseVolumePaths } from "./all-mounts.ts";
import { parseEndpoints } from "./endpoints.ts";
import { parseHealthcheck } from "./healthcheck.ts";
import { parseHostConfig } from "./host-spec.ts";
import { invalid } from "./invalid.ts";
import { parsePort, portText } from "./ports.ts";
import { refuseConfig } from "./refusals.ts";
import { wordsOf } from "./words.ts";

/**
 * The body of `POST /containers/create` in the engine's words. Every field of Docker's is either taken over, without effect by
 * its nature, or refused.
 * @throws EngineError InvalidParameter in Docker's words, NotImplemented with the name of the field.
 */
export function parseCreateBody(body: ContainerCreateBody): ContainerSpec {
  if (!body.Image) throw invalid("Config cannot be empty in order to create a container: no Image was given");
  const host = parseHostConfig(body);
  refuseConfig(body);
  const networks = parseEndpoints(body, host.network);
  const stopSignal = body.StopSignal || undefined;
  if (stopSignal !== undefined) parseSignal(stopSignal);
  return {
    image: body.Image,
    cmd: wordsOf(body.Cmd),
    entrypoint: wordsOf(body.Entrypoint),
    env: (body.Env ?? []).map(checkVariable),
    user: body.User ?? "",
    workingDir: workingDirOf(body.WorkingDir ?? ""),
    hostname: body.Hostname ?? "",
    domainname: body.Domainname ?? "",
    labels: body.Labels ?? {},
    tty: body.Tty ?? false,
    openStdin: body.OpenStdin ?? false,
    stdinOnce: body.StdinOnce ?? false,
    attachStdin: body.AttachStdin ?? false,
    attachStdout: body.AttachStdout ?? false,
    attachStderr: body.AttachStderr ?? false,
    stopSignal,
    stopTimeout: body.StopTimeout ?? undefined,
    healthcheck: parseHealthcheck(body.Healthcheck ?? undefined),
    exposedPorts: Object.keys(body.ExposedPorts ?? {}).map((port) => portText(parsePort(port))),
    volumes: parseVolumePaths(body.Volumes ?? {}),
    networkDisabled: false,
    ...(networks !== undefined && { networks }),
    host,
  };
}

/** `KEY=value`, or `KEY` alone. */
export function checkVariable(variable: string): string {
  if (variable === "" || variable.startsWith("=") || variable.includes("\0"))
    throw invalid(`invalid environment variable: ${variable}`);
  return variable;
}

function workingDirOf(path: string): string {
  if (path !== "" && !path.startsWith("/"))
    throw invalid(`the working directory '${path}' is invalid, it needs to be an absolute path`);
  return path;
}
