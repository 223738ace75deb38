import { address, type Answer, answerTo, complaint, pointer, sizeLimit } from "./answer.ts";
import { forward } from "./forward.ts";
import { addressOfPointer, membersOf, type Membership, nameOfAddress } from "./lookup.ts";
import { parseQuery, type Query, RCODE } from "./query.ts";
import type { Upstream } from "./upstream-sockets.ts";
import type { Member } from "./zone.ts";

export interface ResolverView {
  readonly memberships: readonly Membership[];
  /** Whom to ask for what we do not know; nobody where no network of the sandbox leads out (CVE-2024-29018). */
  readonly upstreams: () => readonly Upstream[];
  /** Names without a dot are not asked for outside: the container's options say that search domains come first. */
  readonly keepsPlainNames: boolean;
}

export interface ResolverDeps {
  /** Another one after every change of a name. */
  readonly version: () => number;
  /** How many questions may go outside beside those that have gone, of all sandboxes. */
  readonly slots: { free: number };
  /** Ends what is asked outside. */
  readonly signal: AbortSignal;
}

/** Of one sandbox; more of them fail at once. */
const MOST_IN_FLIGHT = 128;
/** Questions of one sandbox whose answers are kept as bytes. */
const MOST_KEPT = 256;
/** Longer questions are rare, or not meant well. */
const LONGEST_KEPT = 300;

/** An answer in each order of its records. */
interface Kept {
  readonly turns: readonly Buffer[];
  next: number;
}

/**
 * Answers what one sandbox asks. Most questions are the same bytes as one before, but for the id: their answers are kept as
 * bytes until a name changes.
 */
export class Resolver {
  readonly #deps: ResolverDeps;
  readonly #kept = new Map<string, Kept>();
  #keptFor = -1;
  #view: ResolverView;
  #inFlight = 0;

  constructor(view: ResolverView, deps: ResolverDeps) {
    this.#view = view;
    this.#deps = deps;
  }

  set view(view: ResolverView) {
    this.#view = view;
    this.#kept.clear();
  }

  /**
   * @param bytes a message in its first `length` bytes; free again when this returns.
   * @returns the answer, at once where we know it; valid until the next call. Undefined: there is none to give.
   */
  answer(bytes: Buffer, length: number, transport: "udp" | "tcp"): Buffer | Promise<Buffer> | undefined {
    const key = transport === "udp" && length < LONGEST_KEPT ? bytes.toString("latin1", 2, length) : undefined;
    const version = this.#deps.version();
    if (this.#keptFor !== version) {
      this.#kept.clear();
      this.#keptFor = version;
    }
    const kept = key === undefined ? undefined : this.#kept.get(key);
    const turn = kept?.turns[kept.next++ % kept.turns.length];
    if (turn === undefined) return this.#resolve(Buffer.from(bytes.subarray(0, length)), key, transport);
    turn[0] = bytes[0]!;
    turn[1] = bytes[1]!;
    return turn;
  }

  #resolve(bytes: Buffer, key: string | undefined, transport: "udp" | "tcp"): Buffer | Promise<Buffer> | undefined {
    const query = parseQuery(bytes);
    if ("malformed" in query) return query.malformed && complaint(bytes, query.malformed.rcode);
    if (query.edns !== undefined && query.edns.version !== 0)
      return answerTo(query, [], sizeLimit(query, transport), RCODE.badVersion);
    const answers = query.isInternet ? this.#lookUp(query) : undefined;
    if (answers === undefined) return this.#ask(query, transport);
    const turns = turnsOf(answers).map((each) => answerTo(query, each, sizeLimit(query, transport)));
    if (key !== undefined) this.#keep(key, turns);
    return turns[0];
  }

  #keep(key: string, turns: readonly Buffer[]): void {
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(key, { turns, next: 1 });
  }

  /** Undefined: not ours. Empty: the name is ours, and has nothing of that type. */
  #lookUp({ name, type }: Query): readonly Answer[] | undefined {
    const { memberships, keepsPlainNames } = this.#view;
    if (type === "PTR") {
      const about = addressOfPointer(name);
      const found = about === undefined ? undefined : nameOfAddress(memberships, about);
      if (found !== undefined) return [pointer(found)];
    }
    const members = membersOf(memberships, name);
    if (members.length > 0) return answersOf(members, type);
    const isHost = type === "A" || type === "AAAA";
    return isHost && keepsPlainNames && !name.includes(".") ? [] : undefined;
  }

  /** At once where it would be one too many. */
  #ask(query: Query, transport: "udp" | "tcp"): Buffer | Promise<Buffer> {
    const { slots, signal } = this.#deps;
    const upstreams = this.#view.upstreams();
    const limit = sizeLimit(query, transport);
    const failure = (): Buffer => answerTo(query, [], limit, RCODE.serverFailure);
    if (upstreams.length === 0 || this.#inFlight >= MOST_IN_FLIGHT || slots.free === 0) return failure();
    this.#inFlight++;
    slots.free--;
    const ended = forward(query, upstreams, { transport, limit }, signal).finally(() => {
      this.#inFlight--;
      slots.free++;
    });
    return ended.then((answer) => answer ?? failure());
  }
}

function answersOf(members: readonly Member[], type: string): readonly Answer[] {
  const all = members.flatMap(({ ipv4, ipv6 }) => [
    ...(type === "A" || type === "ANY" ? [ipv4] : []),
    ...(type === "AAAA" || type === "ANY" ? [ipv6] : []),
  ]);
  return [...new Set(all)].filter((each) => each !== "").map(address);
}

/** Each of several is the first one in its turn; at most as many turns as one answer has room for without EDNS. */
function turnsOf(answers: readonly Answer[]): readonly (readonly Answer[])[] {
  const turns = Math.min(answers.length, 30);
  if (turns < 2) return [answers];
  const step = answers.length / turns;
  return Array.from({ length: turns }, (_, turn) => {
    const first = Math.floor(turn * step);
    return [...answers.slice(first), ...answers.slice(0, first)];
  });
}
