/** What docker's client has and this one has not, each with what to do instead where there is something. */
const MISSING: Readonly<Record<string, string>> = {
  build: "building images",
  builder: "building images",
  buildx: "building images with BuildKit",
  checkpoint: "checkpoints",
  commit: "making an image from a container",
  compose: "compose files: `docker compose` works with this engine through DOCKER_HOST",
  config: "Swarm",
  context: "changing contexts: those of docker are read (`--context`, DOCKER_CONTEXT)",
  cp: "copying files: `slipway exec CONTAINER tar` does, and `-v` mounts",
  diff: "the changes of a container's filesystem",
  export: "a container's filesystem as an archive: `slipway exec CONTAINER tar -c /` does",
  manifest: "manifest lists",
  node: "Swarm",
  plugin: "plugins",
  port: "this short form: `slipway ps` and `slipway inspect` show ports",
  search: "searching Docker Hub",
  secret: "Swarm",
  service: "Swarm",
  stack: "Swarm",
  swarm: "Swarm",
  trust: "content trust",
};

const WITHIN_GROUPS = new Set(["build", "commit", "cp", "diff", "export", "port"]);

/** docker's words for a command that nobody knows, and the name of what is missing for one that docker has. */
export function unknownCommand(words: readonly string[]): string {
  const grouped = (words[0] === "container" || words[0] === "image") && WITHIN_GROUPS.has(words[1] ?? "");
  const verb = grouped ? words[1]! : words[0]!;
  const name = words.length > 1 && grouped ? words.slice(0, 2).join(" ") : words[0]!;
  const what = Object.hasOwn(MISSING, verb) ? MISSING[verb] : undefined;
  if (what !== undefined) return `slipway: 'slipway ${name}' is not supported: this command does not have ${what}\n`;
  const group = ["container", "image", "network", "system", "volume"].includes(words[0]!) ? ` ${words[0]}` : "";
  const shown = group === "" ? words[0]! : words.slice(0, 2).join(" ");
  const usage = group === "" ? "" : `Usage:  slipway${group}\n\n`;
  return `slipway: unknown command: slipway ${shown}\n\n${usage}Run 'slipway${group} --help' for more information\n`;
}
