import type { ContainerCreateBody, HostConfig } from "../../../../sdk/contract/index.ts";
import type { HostSpec } from "../../../engine/model/container.ts";
import { invalid } from "./invalid.ts";
import { isSet } from "./refusals.ts";

type Modes = Pick<HostSpec, "network" | "ipcMode" | "pidMode" | "utsMode" | "cgroupnsMode">;

/** Which namespaces a container shares, and with whom. @throws EngineError InvalidParameter in Docker's words. */
export function parseNamespaces(body: ContainerCreateBody, host: HostConfig): Modes {
  const modes = {
    network: networkMode(host.NetworkMode ?? ""),
    ipcMode: ipcMode(host.IpcMode ?? ""),
    pidMode: pidMode(host.PidMode ?? ""),
    utsMode: utsMode(host.UTSMode ?? ""),
    // Its own where the kernel has cgroup v2 or not: what it hides, it hides in both.
    cgroupnsMode: cgroupnsMode(host.CgroupnsMode ?? "", host.Privileged === true),
  };
  if (modes.utsMode === "host" && isSet(body.Hostname)) throw conflict("hostname and the UTS mode");
  if (modes.network.startsWith("container:")) refuseOfJoined(body, host);
  return modes;
}

/** What belongs to a network stack cannot be said of another container's. */
function refuseOfJoined(body: ContainerCreateBody, host: HostConfig): void {
  if (isSet(body.Hostname)) throw conflict("hostname and the network mode");
  if (isSet(host.Links))
    throw conflict("container type network can't be used with links. This would result in undefined behavior");
  if (isSet(host.Dns)) throw conflict("dns and the network mode");
  if (isSet(host.ExtraHosts)) throw conflict("custom host-to-IP mapping and the network mode");
  if (isSet(body.MacAddress)) throw conflict("mac-address and the network mode");
  if (isSet(host.PortBindings) || host.PublishAllPorts === true)
    throw conflict("port publishing and the container type network mode");
  if (isSet(body.ExposedPorts)) throw conflict("port exposing and the container type network mode");
}

function networkMode(mode: string): HostSpec["network"] {
  if (mode === "" || mode === "default") return "bridge";
  if (mode === "container" || mode === "container:") throw invalid("invalid container format container:<name|id>");
  return mode;
}

function ipcMode(mode: string): HostSpec["ipcMode"] {
  if (mode === "" || mode === "private") return "private";
  if (mode === "shareable" || mode === "host" || mode === "none") return mode;
  if (isContainer(mode)) return mode;
  throw invalid(`invalid IPC mode: ${mode}`);
}

function pidMode(mode: string): HostSpec["pidMode"] {
  if (mode === "" || mode === "host" || isContainer(mode)) return mode;
  // The default by its name, which some clients send.
  if (mode === "private") return "";
  throw invalid(`invalid PID mode: ${mode}`);
}

function utsMode(mode: string): HostSpec["utsMode"] {
  if (mode === "" || mode === "host") return mode;
  throw invalid(`invalid UTS mode: ${mode}`);
}

function cgroupnsMode(mode: string, privileged: boolean): HostSpec["cgroupnsMode"] {
  if (mode === "private" || mode === "host") return mode;
  if (mode !== "") throw invalid(`invalid CgroupNS mode: ${mode}`);
  return privileged ? "host" : "private";
}

function isContainer(mode: string): mode is `container:${string}` {
  return mode.startsWith("container:") && mode !== "container:";
}

function conflict(what: string): Error {
  return invalid(`conflicting options: ${what}`);
}
