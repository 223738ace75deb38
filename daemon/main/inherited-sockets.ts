import { EngineError } from "../base/errors.ts";

/** The first descriptor that systemd passes on (sd_listen_fds(3)). */
const FIRST_FD = 3;

/**
 * Descriptors of the sockets that systemd opened for this process.
 * @param name `""` or `*` for all of them; one's name (FileDescriptorName=), or its descriptor.
 * @throws EngineError InvalidParameter when there is none.
 */
export function inheritedSockets(env: NodeJS.ProcessEnv, name: string, pid = process.pid): readonly number[] {
  const count = env["LISTEN_PID"] === String(pid) ? Number(env["LISTEN_FDS"] ?? 0) : 0;
  const names = (env["LISTEN_FDNAMES"] ?? "").split(":");
  const all = Array.from({ length: count }, (_, index) => ({ fd: FIRST_FD + index, name: names[index] ?? "" }));
  const chosen = all.filter((each) => name === "" || name === "*" || each.name === name || String(each.fd) === name);
  if (chosen.length > 0) return chosen.map(({ fd }) => fd);
  throw new EngineError(
    "InvalidParameter",
    count === 0
      ? "no sockets found via socket activation: make sure the service was started by systemd"
      : `no socket ${JSON.stringify(name)} among those of socket activation: ${names.join(", ")}`,
  );
}
