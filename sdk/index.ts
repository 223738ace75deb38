/** Slipway: a container engine that a Node program can embed. */
export { Engine } from "./engine/engine.ts";
export type { ConnectOptions } from "./engine/connect-client.ts";
export type { OwnedDaemon, StartOptions } from "./engine/start.ts";

export { Container, type RemoveOptions, type StopOptions } from "./client/container.ts";
export {
  Containers,
  type CreateOptions,
  type ListContainersOptions,
  type RunningContainer,
  type RunOptions,
} from "./client/containers.ts";
export type * from "./client/container-options.ts";
export type { AttachOptions } from "./client/attach.ts";
export type { ExecOptions } from "./client/exec.ts";
export { Process, type ProcessOutput, type TerminalSize } from "./client/process.ts";
export { Logs, type LogLine, type LogOptions } from "./client/logs.ts";
export { usageOf, type ContainerUsage } from "./client/usage.ts";
export { Image, type RemoveImageOptions } from "./client/image.ts";
export {
  Images,
  type ArchiveSource,
  type Credentials,
  type ImportOptions,
  type PullOptions,
  type PushResult,
} from "./client/images.ts";
export { Operation, type Progress } from "./client/operation.ts";
export {
  Network,
  Networks,
  type ConnectNetworkOptions,
  type CreateNetworkOptions,
  type SubnetOptions,
} from "./client/networks.ts";
export { Volume, Volumes, type CreateVolumeOptions } from "./client/volumes.ts";
export { Files, type ByteSpan, type FileEntry, type WriteFileOptions } from "./client/files.ts";
export type { ByteSource } from "./client/api/files-api.ts";
export type { EngineEvent, EventOptions } from "./client/events.ts";

export { ApiClient, type Ping } from "./client/api/api-client.ts";
export { AttachedStream } from "./client/api/attached-stream.ts";
export type { FilterValues } from "./client/api/caller.ts";
export { ByteStream } from "./transport/byte-stream.ts";
export { demux, stdioParts, type DemuxedOutput } from "./transport/demux.ts";
export type { StdioPart } from "./transport/stdio-frames.ts";
export type { TlsMaterial } from "./transport/endpoint.ts";
export * from "./transport/errors.ts";

/** The API's own shapes, as the engine sends and takes them. */
export type * as wire from "./contract/index.ts";
