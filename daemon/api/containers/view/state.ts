import type { ContainerState as StateJson } from "../../../../sdk/contract/index.ts";
import { NEVER } from "../../../base/time.ts";
import type { ContainerState } from "../../../engine/model/container.ts";
import type { Health, HealthStatus } from "../../../engine/model/health.ts";
import { humanDuration } from "./duration.ts";

/** `State` of inspect. A container that waits for its next start by policy counts as running. */
export function stateJson(state: ContainerState, health?: Health): StateJson {
  const { status } = state;
  const exit = "exit" in state ? state.exit : undefined;
  const live = status === "running" || status === "paused";
  const created = status === "created" ? state : undefined;
  return {
    Status: status,
    Running: live || status === "restarting",
    Paused: status === "paused",
    Restarting: status === "restarting",
    OOMKilled: exit?.oomKilled ?? false,
    Dead: status === "dead",
    Pid: live ? state.pid : 0,
    ExitCode: exit?.code ?? created?.exitCode ?? 0,
    Error: exit?.error ?? created?.error ?? "",
    StartedAt: "startedAt" in state && state.startedAt !== "" ? state.startedAt : NEVER,
    FinishedAt: exit?.at ?? (live ? state.finishedAt : undefined) ?? NEVER,
    ...(health !== undefined && { Health: healthJson(health) }),
  };
}

function healthJson({ status, failingStreak, log }: Health): NonNullable<StateJson["Health"]> {
  return {
    Status: status,
    FailingStreak: failingStreak,
    Log: log.map(({ start, end, exitCode, output }) => ({
      Start: start,
      End: end,
      ExitCode: exitCode,
      Output: output,
    })),
  };
}

/** The column STATUS of `docker ps`. */
export function statusText(state: ContainerState, health: HealthStatus | undefined, now = Date.now()): string {
  const since = (time: string): string => humanDuration(now - Date.parse(time));
  switch (state.status) {
    case "created":
      return "Created";
    case "running":
      return `Up ${since(state.startedAt)}${healthText(health)}`;
    case "paused":
      return `Up ${since(state.startedAt)} (Paused)`;
    case "restarting":
      return `Restarting (${state.exit.code}) ${since(state.exit.at)} ago`;
    case "removing":
      return "Removal In Progress";
    case "dead":
      return "Dead";
    case "exited":
      return `Exited (${state.exit.code}) ${since(state.exit.at)} ago`;
  }
}

function healthText(health: HealthStatus | undefined): string {
  if (health === undefined) return "";
  return health === "starting" ? " (health: starting)" : ` (${health})`;
}
