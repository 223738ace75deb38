import type { SystemVersion } from "../../contract/index.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { CommandFailure } from "../exit.ts";
import { failureText } from "../failures.ts";
import { inspectTemplate } from "../output/inspect-format.ts";
import { tabulate } from "../output/tabulate.ts";
import { asctime } from "../output/times.ts";
import { NEWEST_API } from "../../engine/api-version.ts";
import { clientVersion } from "../version.ts";
import { contextName, FORMAT_OPTION } from "./shared.ts";

type Component = NonNullable<SystemVersion["Components"]>[number];

export const command = defineCommand({
  usage: "[OPTIONS]",
  options: [FORMAT_OPTION],
  args: [0],
  async run(context, options) {
    const template = options.format === undefined ? undefined : inspectTemplate(options.format);
    let server: SystemVersion | undefined;
    let failure: unknown;
    let apiVersion = NEWEST_API;
    try {
      const engine = await context.engine();
      apiVersion = engine.apiVersion;
      server = await engine.system.version(context.signal);
    } catch (error) {
      failure = error;
    }
    const client = await clientPart(context, apiVersion);
    // What is known is shown even where the engine does not answer.
    if (template === undefined) context.print(clientText(client) + (server === undefined ? "" : serverText(server)));
    else if (failure === undefined || !/\.Server/.test(options.format ?? ""))
      context.print(`${template({ Client: client, Server: server === undefined ? undefined : serverPart(server) })}\n`);
    if (failure !== undefined) throw new CommandFailure(failureText(failure), undefined, { cause: failure });
  },
});

async function clientPart(context: CommandContext, apiVersion: string): Promise<Record<string, string>> {
  const { version, commit, built } = clientVersion();
  const part = {
    Version: version,
    ApiVersion: apiVersion,
    DefaultAPIVersion: NEWEST_API,
    GitCommit: commit,
    GoVersion: `node${process.versions.node}`,
    Os: process.platform,
    Arch: goArch(),
    BuildTime: asctime(built),
    Context: await contextName(context),
  };
  return withAlias(part, apiVersion);
}

function serverPart(server: SystemVersion): SystemVersion {
  const Components = (server.Components ?? []).map((component) => ({
    ...component,
    Details: readableTimes(component.Details),
  }));
  return withAlias({ ...server, Components, BuildTime: asctime(server.BuildTime ?? "") }, server.ApiVersion ?? "");
}

function readableTimes(details: Component["Details"]): Component["Details"] {
  return details && "BuildTime" in details ? { ...details, BuildTime: asctime(details["BuildTime"] ?? "") } : details;
}

/** Templates name the API version in Go's spelling, JSON has it in the other: it is there, and not printed twice. */
function withAlias<T extends object>(part: T, apiVersion: string): T {
  return Object.defineProperty(part, "APIVersion", { value: apiVersion, enumerable: false });
}

function goArch(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}

function clientText(client: Readonly<Record<string, string>>): string {
  return tabulate(
    [
      "Client:",
      ` Version:\t${client["Version"]}`,
      ` API version:\t${client["ApiVersion"]}`,
      ` Go version:\tnone (Node ${process.versions.node})`,
      ` Git commit:\t${client["GitCommit"]}`,
      ` Built:\t${client["BuildTime"]}`,
      ` OS/Arch:\t${client["Os"]}/${client["Arch"]}`,
      ` Context:\t${client["Context"]}`,
    ],
    20,
    1,
  );
}

function serverText(server: SystemVersion): string {
  const components = server.Components ?? [];
  const lines = components.flatMap((component) => [` ${component.Name}:`, ...componentLines(component, server)]);
  return `\n${tabulate([`Server:${server.Platform?.Name ? ` ${server.Platform.Name}` : ""}`, ...lines], 20, 1)}`;
}

function componentLines({ Name, Version, Details: given }: Component, server: SystemVersion): readonly string[] {
  const Details = given ?? {};
  const first = `  Version:\t${Version}`;
  if (Name !== "Engine") return [first, `  GitCommit:\t${Details["GitCommit"] ?? ""}`];
  return [
    first,
    `  API version:\t${Details["ApiVersion"] ?? server.ApiVersion} (minimum version ${Details["MinAPIVersion"] ?? server.MinAPIVersion})`,
    `  Go version:\t${Details["GoVersion"] ?? ""}`,
    `  Git commit:\t${Details["GitCommit"] ?? ""}`,
    `  Built:\t${asctime(Details["BuildTime"] ?? "")}`,
    `  OS/Arch:\t${Details["Os"] ?? ""}/${Details["Arch"] ?? ""}`,
    `  Experimental:\t${Details["Experimental"] ?? "false"}`,
  ];
}
