import type { OciDevice, OciResources } from "../runtime-spec.ts";
import type { DeviceInput } from "./input.ts";

type DeviceRule = NonNullable<OciResources["devices"]>[number];

/** null, zero, full, random, urandom, tty, console: runc makes the nodes itself and adds ptmx, the ptys and mknod. */
const MEMORY: readonly number[] = [3, 5, 7, 8, 9];
const TTYS: readonly number[] = [0, 1];

const character = (major: number, minor: number): DeviceRule => ({
  allow: true,
  type: "c",
  major,
  minor,
  access: "rwm",
});

export interface BuiltDevices {
  readonly nodes: readonly OciDevice[];
  readonly rules: readonly DeviceRule[];
}

/** Nodes in /dev and what the devices cgroup allows: Docker's list and what was asked for; all of them when privileged. */
export function buildDevices(
  asked: readonly DeviceInput[],
  privileged: boolean,
  hostDevices: readonly DeviceInput[],
): BuiltDevices {
  if (privileged) {
    const nodes = new Map([...hostDevices, ...asked].map((device) => [device.path, nodeOf(device)]));
    return { nodes: [...nodes.values()], rules: [{ allow: true, access: "rwm" }] };
  }
  const defaults = [...MEMORY.map((minor) => character(1, minor)), ...TTYS.map((minor) => character(5, minor))];
  const rules = asked.map(({ type, major, minor, permissions }): DeviceRule => ({
    allow: true,
    type,
    major,
    minor,
    access: permissions,
  }));
  return { nodes: asked.map(nodeOf), rules: [{ allow: false, access: "rwm" }, ...defaults, ...rules] };
}

function nodeOf({ path, type, major, minor, fileMode, uid, gid }: DeviceInput): OciDevice {
  return { path, type, major, minor, fileMode, uid, gid };
}
