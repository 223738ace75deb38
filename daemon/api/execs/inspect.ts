import type { ExecInspect } from "../../../sdk/contract/index.ts";
import type { ExecRecord } from "../../engine/services.ts";

/** `GET /exec/{id}/json`. */
export function execJson({ id, containerId, spec, state }: ExecRecord): ExecInspect {
  const [entrypoint = "", ...args] = spec.cmd;
  return {
    ID: id,
    Running: state.status === "running",
    ExitCode: state.status === "exited" ? state.exit.code : null,
    ProcessConfig: {
      tty: spec.tty,
      entrypoint,
      arguments: args,
      privileged: spec.privileged,
      ...(spec.user !== "" && { user: spec.user }),
    },
    OpenStdin: spec.attachStdin,
    OpenStderr: spec.attachStderr,
    OpenStdout: spec.attachStdout,
    CanRemove: state.status === "exited",
    ContainerID: containerId,
    DetachKeys: spec.detachKeys ?? "",
    Pid: state.status === "created" ? 0 : state.pid,
  };
}
