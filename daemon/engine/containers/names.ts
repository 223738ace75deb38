import { randomInt } from "node:crypto";
import { EngineError } from "../../base/errors.ts";

const NAME = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Without a leading slash. @throws EngineError InvalidParameter in Docker's words. */
export function parseContainerName(name: string): string {
  if (!NAME.test(name)) {
    throw new EngineError(
      "InvalidParameter",
      `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    );
  }
  return name.replace(/^\//, "");
}

const MOODS =
  "able airy amber apt avid bold brave brisk calm clear cosy crisp deft eager early fair fleet fond frank free fresh glad golden grand hale happy hardy keen kind lively lucid merry mild neat nimble noble plucky polite prime proud quick quiet ready serene sharp smart snug solid sound spry steady sunny swift tidy true vivid warm wise witty";
const BOATS =
  "barge brig canoe caravel carrack clipper cog coracle corvette cutter dhow dinghy dory ferry frigate galleon galley gig gondola hoy junk kayak ketch lighter longship lugger packet pilot pinnace pram punt raft schooner scow shallop skiff sloop smack tender trawler trimaran tug wherry yacht yawl zebec";

/** A name for a container that was given none: a mood and a boat, such as `brisk_clipper`. */
export function randomName(taken: (name: string) => boolean): string {
  const moods = MOODS.split(" ");
  const boats = BOATS.split(" ");
  for (let attempt = 0; ; attempt++) {
    const name = `${moods[randomInt(moods.length)]}_${boats[randomInt(boats.length)]}${attempt < 8 ? "" : randomInt(10_000)}`;
    if (!taken(name)) return name;
  }
}
