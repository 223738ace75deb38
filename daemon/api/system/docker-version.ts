/** The dockerd whose API this is: the last release that speaks 1.51. */
const DOCKER_RELEASE = "28.5.2";

/**
 * The version that Docker's clients get to see. They switch features on it, and refuse what is below 23, so it has to be on
 * Docker's scale; ours follows as the build metadata of semver §10, which comparisons leave out: `28.5.2+slipway.0.1.0`.
 */
export function dockerVersion(version: string): string {
  return `${DOCKER_RELEASE}+slipway.${version}`;
}
