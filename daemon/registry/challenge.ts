/** One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1). */
export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const HEADER_MAX = 16 * 1024;
/** A quoted string, a comma, or a run of anything else: enough to take the header apart without backtracking. */
const PIECE = /\s*(?:,|([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([A-Za-z][\w-]*)(?=[\s,]|$))\s*/y;

/** The challenges of a header, in order. What cannot be read ends the list: a server's nonsense is no reason to fail. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  const piece = new RegExp(PIECE);
  const text = header.slice(0, HEADER_MAX);
  while (piece.lastIndex < text.length) {
    const match = piece.exec(text);
    if (match === null) break;
    const [, name, quoted, bare, scheme] = match;
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: {} });
    const value = quoted?.replace(/\\(.)/g, "$1") ?? bare;
    const last = challenges.at(-1);
    if (name !== undefined && value !== undefined && last !== undefined) last.parameters[name.toLowerCase()] = value;
  }
  return challenges;
}
