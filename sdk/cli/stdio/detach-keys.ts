import { Transform, type TransformCallback } from "node:stream";

/** docker's default: Ctrl-P, Ctrl-Q. */
export const DEFAULT_DETACH_KEYS = "ctrl-p,ctrl-q";

const AFTER_LETTERS = "[\\]^_";

/** The bytes of `ctrl-p,q`. @throws Error in docker's words for a key that there is not. */
export function parseDetachKeys(text: string): readonly number[] {
  return text.split(",").map((key) => {
    if (key.length === 1) return key.codePointAt(0)!;
    const letter = /^ctrl-(.)$/.exec(key)?.[1] ?? "";
    if (letter === "@") return 0;
    if (/^[a-z]$/.test(letter)) return letter.codePointAt(0)! - 96;
    const after = AFTER_LETTERS.indexOf(letter);
    if (letter !== "" && after !== -1) return 27 + after;
    throw new Error(`invalid detach keys: Unknown character: '${key}'`);
  });
}

/**
 * Passes what is typed, but for the keys that detach: those are held back, and `onDetach` is called when they are complete. Held keys
 * that turn out to be none are passed on.
 */
export class DetachFilter extends Transform {
  readonly #keys: readonly number[];
  readonly #onDetach: () => void;
  #matched = 0;

  constructor(keys: readonly number[], onDetach: () => void) {
    super();
    this.#keys = keys;
    this.#onDetach = onDetach;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const passed: number[] = [];
    for (const byte of chunk) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched < this.#keys.length) continue;
        this.#matched = 0;
        if (passed.length > 0) this.push(Buffer.from(passed));
        this.#onDetach();
        return done();
      }
      passed.push(...this.#keys.slice(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) passed.push(byte);
    }
    done(null, passed.length === 0 ? undefined : Buffer.from(passed));
  }

  override _flush(done: TransformCallback): void {
    done(null, Buffer.from(this.#keys.slice(0, this.#matched)));
  }
}
