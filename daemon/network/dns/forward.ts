import { randomInt } from "node:crypto";
import { endOfQuestion, HEADER, type Query, RCODE } from "./query.ts";
import { askByDatagram, askByStream, type Upstream } from "./upstream-sockets.ts";

/** resolv.conf(5), MAXNS. */
const MOST_SERVERS = 3;
/** For one server, in ms: a client asks again after 5 s, and should find an answer. */
const PATIENCE = 4_000;
const [QR, TC] = [0x80, 0x02];

/**
 * Asks the servers one after the other.
 * @returns the answer with the id of the question; undefined when none of them answers. A server that fails, or refuses, is a
 * reason to ask the next; its answer holds when no other comes.
 */
export async function forward(
  { bytes, questionEnd }: Query,
  upstreams: readonly Upstream[],
  options: { readonly transport: "udp" | "tcp"; readonly limit: number },
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  let failure: Buffer | undefined;
  for (const upstream of upstreams.slice(0, MOST_SERVERS)) {
    const question = Buffer.from(bytes);
    question.writeUInt16BE(randomInt(0x10000));
    const isAnswer = (message: Buffer): boolean => answers(message, question, questionEnd);
    try {
      const answer = await within(PATIENCE, signal, (patience) => ask(upstream, question, isAnswer, options, patience));
      bytes.copy(answer, 0, 0, 2);
      if (!isFailure(answer)) return answer;
      failure = answer;
    } catch {
      // It does not answer, or not in time: the next one may.
      if (signal.aborted) return undefined;
    }
  }
  return failure;
}

async function ask(
  upstream: Upstream,
  question: Buffer,
  isAnswer: (message: Buffer) => boolean,
  { transport, limit }: { readonly transport: "udp" | "tcp"; readonly limit: number },
  signal: AbortSignal,
): Promise<Buffer> {
  if (transport === "tcp") return await askByStream(upstream, question, isAnswer, signal);
  const short = await askByDatagram(upstream, question, isAnswer, signal);
  if ((short[2]! & TC) === 0) return short;
  try {
    const whole = await askByStream(upstream, question, isAnswer, signal);
    return whole.length <= limit ? whole : short;
  } catch {
    return short;
  }
}

/** AbortSignal.timeout would stay until its time has come: thousands of them, where many questions are asked. */
async function within<R>(ms: number, signal: AbortSignal, body: (signal: AbortSignal) => Promise<R>): Promise<R> {
  const patience = new AbortController();
  const end = (): void => patience.abort();
  const timer = setTimeout(end, ms).unref();
  signal.addEventListener("abort", end);
  try {
    return await body(patience.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

function isFailure(answer: Buffer): boolean {
  const rcode = answer[3]! & 15;
  return rcode === RCODE.serverFailure || rcode === RCODE.refused;
}

/** Its id is ours, and so is its question, in whatever case; a server that did not understand may leave the question away. */
function answers(message: Buffer, question: Buffer, questionEnd: number): boolean {
  if (message.length < HEADER || (message[2]! & QR) === 0 || !message.subarray(0, 2).equals(question.subarray(0, 2)))
    return false;
  if (message.readUInt16BE(4) === 0) return isFailure(message) || (message[3]! & 15) === RCODE.formatError;
  if (message.readUInt16BE(4) !== 1 || endOfQuestion(message) !== questionEnd) return false;
  return fold(message, questionEnd) === fold(question, questionEnd);
}

function fold(message: Buffer, end: number): string {
  return message.toString("latin1", HEADER, end).toLowerCase();
}
