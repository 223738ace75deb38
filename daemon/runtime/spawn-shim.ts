import { spawn } from "node:child_process";
import type { Socket } from "node:net";
import { EngineError } from "../base/errors.ts";

/** What runc and its systemd driver look at; nothing else of the daemon's environment is anybody's business. */
const ENVIRONMENT = ["PATH", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"] as const;

/**
 * Starts a shim in its task folder, in a session of its own, and returns the connection that it is born with (its descriptor 3):
 * nothing waits for a socket to appear.
 * @throws EngineError Internal when it cannot be executed.
 */
export async function spawnShim(program: string, folder: string): Promise<Socket> {
  const child = spawn(program, [], {
    // The name in `ps`; the program is a descriptor's path.
    argv0: "slipway-shim",
    cwd: folder,
    detached: true,
    env: shimEnvironment(process.env),
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const failed = Promise.withResolvers<never>();
  child.once("error", failed.reject);
  // A failure to spawn is known here already; its reason comes with the event.
  if (child.pid === undefined) {
    return await failed.promise.catch((cause: unknown) => {
      throw new EngineError("Internal", `the shim cannot be started: ${String(cause)}`, { cause });
    });
  }
  child.unref();
  return child.stdio[3] as Socket;
}

export function shimEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(ENVIRONMENT.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]]])));
}
