import { Type, type Static } from "@sinclair/typebox";
import {
  Nullable,
  OptionalFlag,
  OptionalInteger,
  OptionalSet,
  OptionalText,
  OptionalTextMap,
  OptionalTexts,
  OptionalWords,
} from "./common.ts";
import { HostConfig, Resources, RestartPolicy } from "./host-config.ts";
import { NetworkingConfig } from "./network.ts";

/** Times in nanoseconds; 0 takes over the image's. */
export const HealthConfig = Type.Object({
  /** [] is the image's, ["NONE"] switches it off; else CMD or CMD-SHELL and what to run. */
  Test: OptionalTexts,
  Interval: OptionalInteger,
  Timeout: OptionalInteger,
  Retries: OptionalInteger,
  StartPeriod: OptionalInteger,
  StartInterval: OptionalInteger,
});
export type HealthConfig = Static<typeof HealthConfig>;

const config = {
  Hostname: OptionalText,
  Domainname: OptionalText,
  /** `user[:group]`, names or numbers. */
  User: OptionalText,
  AttachStdin: OptionalFlag,
  AttachStdout: OptionalFlag,
  AttachStderr: OptionalFlag,
  /** `port/protocol`. */
  ExposedPorts: OptionalSet,
  Tty: OptionalFlag,
  OpenStdin: OptionalFlag,
  StdinOnce: OptionalFlag,
  /** `KEY=value`; a bare `KEY` removes the image's. */
  Env: OptionalTexts,
  Cmd: OptionalWords,
  Healthcheck: Nullable(HealthConfig),
  ArgsEscaped: OptionalFlag,
  Image: OptionalText,
  /** Paths of anonymous volumes. */
  Volumes: OptionalSet,
  WorkingDir: OptionalText,
  Entrypoint: OptionalWords,
  NetworkDisabled: OptionalFlag,
  /** Deprecated in 1.44 for the one of the endpoint. */
  MacAddress: OptionalText,
  OnBuild: OptionalTexts,
  Labels: OptionalTextMap,
  StopSignal: OptionalText,
  /** Seconds. */
  StopTimeout: OptionalInteger,
  Shell: OptionalWords,
};

/** What runs in a container: `Config` of its inspect. */
export const ContainerConfig = Type.Object(config);
export type ContainerConfig = Static<typeof ContainerConfig>;

/** Body of `POST /containers/create`. */
export const ContainerCreateBody = Type.Object({
  ...config,
  HostConfig: Nullable(HostConfig),
  NetworkingConfig: Nullable(NetworkingConfig),
});
export type ContainerCreateBody = Static<typeof ContainerCreateBody>;

export const ContainerCreateResponse = Type.Object({
  Id: Type.String(),
  Warnings: Type.Array(Type.String()),
});
export type ContainerCreateResponse = Static<typeof ContainerCreateResponse>;

/** Body of `POST /containers/{id}/update`. */
export const ContainerUpdateBody = Type.Object({
  ...Resources.properties,
  RestartPolicy: Nullable(RestartPolicy),
});
export type ContainerUpdateBody = Static<typeof ContainerUpdateBody>;
