/**
 * Go's path.Match: `*` and `?` stop at a slash, `[a-z]`, `[^a]`, and `\` before a character that means itself. The whole
 * text must match. Patterns are short and come from a user's filter; the regular expression made of one has no nested
 * repetition, so it cannot run away.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  return toRegExp(pattern)?.test(text) ?? false;
}

export function isPatternValid(pattern: string): boolean {
  return toRegExp(pattern) !== undefined;
}

const escape = (char: string): string => (/[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char);
/** Inside brackets a hyphen that was escaped is no range. */
const escapeMember = (char: string): string => (char === "-" ? "\\-" : escape(char));

const PATTERN_MAX = 512;

function toRegExp(pattern: string): RegExp | undefined {
  if (pattern.length > PATTERN_MAX) return undefined;
  let source = "";
  for (let at = 0; at < pattern.length;) {
    const char = pattern.charAt(at);
    if (char === "[") {
      const found = /^\[(\^?)((?:\\.|[^\]\\])+)\]/.exec(pattern.slice(at));
      if (found === null) return undefined;
      const [all, not = "", body = ""] = found;
      source += `[${not}${body.replace(/\\.|[[\]^]/g, (each) => escapeMember(each.slice(-1)))}]`;
      at += all.length;
      continue;
    }
    if (char === "\\") {
      at++;
      if (at === pattern.length) return undefined;
      source += escape(pattern.charAt(at));
    } else if (char === "*") {
      // Several in a row are one: the expression stays quick.
      if (!source.endsWith("[^/]*")) source += "[^/]*";
    } else source += char === "?" ? "[^/]" : escape(char);
    at++;
  }
  try {
    return new RegExp(`^${source}$`, "su");
  } catch {
    return undefined;
  }
}
