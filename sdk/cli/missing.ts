/** What docker's client has and this one has not: why, and what does it instead where something does. */
const MISSING: Readonly<Record<string, string>> = {
  build: "images cannot be built yet",
  builder: "images cannot be built yet",
  buildx: "images cannot be built yet",
  checkpoint: "the engine makes no checkpoints",
  commit: "the engine makes no images of containers yet",
  compose: "`docker compose` works with this engine through DOCKER_HOST",
  config: "the engine has no Swarm mode",
  context: "docker's contexts are read, and not changed: see --context and DOCKER_CONTEXT",
  cp: "use a volume, or `slipway exec CONTAINER tar`",
  diff: "the engine does not compare filesystems yet",
  export: "use `slipway exec CONTAINER tar -c /`",
  manifest: "manifest lists cannot be made",
  node: "the engine has no Swarm mode",
  plugin: "the engine has no plugins",
  port: "`slipway ps` and `slipway inspect` show ports",
  search: "there is no search of Docker Hub",
  secret: "the engine has no Swarm mode",
  service: "the engine has no Swarm mode",
  stack: "the engine has no Swarm mode",
  swarm: "the engine has no Swarm mode",
  trust: "content trust is not checked",
};

const WITHIN_GROUPS = new Set(["build", "commit", "cp", "diff", "export"]);

/** docker's words for a command that nobody knows, and the name of what is missing for one that docker has. */
export function unknownCommand(words: readonly string[]): string {
  const grouped = (words[0] === "container" || words[0] === "image") && WITHIN_GROUPS.has(words[1] ?? "");
  const verb = grouped ? words[1]! : words[0]!;
  const name = words.length > 1 && grouped ? words.slice(0, 2).join(" ") : words[0]!;
  const what = Object.hasOwn(MISSING, verb) ? MISSING[verb] : undefined;
  if (what !== undefined) return `slipway: 'slipway ${name}' is not supported: ${what}\n`;
  const group = ["container", "image", "network", "system", "volume"].includes(words[0]!) ? ` ${words[0]}` : "";
  const shown = group === "" ? words[0]! : words.slice(0, 2).join(" ");
  const usage = group === "" ? "" : `Usage:  slipway${group}\n\n`;
  return `slipway: unknown command: slipway ${shown}\n\n${usage}Run 'slipway${group} --help' for more information\n`;
}
