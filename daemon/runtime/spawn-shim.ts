import type { Socket } from "node:net";
import { EngineError, messageOf } from "../base/errors.ts";
import type { DetachedSpawner } from "../linux/spawn-detached.ts";

/** What runc and its systemd driver look at; nothing else of the daemon's environment is anybody's business. */
const ENVIRONMENT = ["PATH", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"] as const;

/**
 * Starts a shim in its task folder, in a session of its own, and returns the connection that it is born with (its descriptor 3):
 * nothing waits for a socket to appear.
 * @throws EngineError Internal when it cannot be executed.
 */
export function spawnShim(spawner: DetachedSpawner, program: string, folder: string): Socket {
  try {
    // The name in `ps`; the program is a descriptor's path.
    return spawner.spawn({ path: program, argv: ["slipway-shim"], env: shimEnvironment(process.env), cwd: folder });
  } catch (cause) {
    throw new EngineError("Internal", `the shim cannot be started: ${messageOf(cause)}`, { cause });
  }
}

export function shimEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(ENVIRONMENT.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]]])));
}
