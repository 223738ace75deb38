import { API_VERSION, MIN_API_VERSION, type SystemVersion } from "../../../sdk/contract/index.ts";
import type { VersionFacts } from "../../engine/services.ts";
import { dockerVersion } from "./docker-version.ts";

export function versionJson(facts: VersionFacts): SystemVersion {
  const { version, gitCommit, buildTime, nodeVersion, os, arch, kernelVersion, runcVersion, runcCommit } = facts;
  return {
    Platform: { Name: "Slipway" },
    Components: [
      {
        Name: "Engine",
        Version: dockerVersion(version),
        Details: {
          ApiVersion: API_VERSION,
          Arch: arch,
          BuildTime: buildTime,
          Experimental: "false",
          GitCommit: gitCommit,
          GoVersion: nodeVersion,
          KernelVersion: kernelVersion,
          MinAPIVersion: MIN_API_VERSION,
          Os: os,
        },
      },
      { Name: "Slipway", Version: version, Details: { GitCommit: gitCommit } },
      { Name: "runc", Version: runcVersion, Details: { GitCommit: runcCommit } },
    ],
    Version: dockerVersion(version),
    ApiVersion: API_VERSION,
    MinAPIVersion: MIN_API_VERSION,
    GitCommit: gitCommit,
    // Clients print it as the version of the language's runtime; ours is Node's.
    GoVersion: nodeVersion,
    Os: os,
    Arch: arch,
    KernelVersion: kernelVersion,
    BuildTime: buildTime,
  };
}
