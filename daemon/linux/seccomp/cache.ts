import { createHash } from "node:crypto";
import { compileSeccomp } from "./compile.ts";
import type { SeccompLibrary } from "./library.ts";
import type { SeccompProfile } from "./profile.ts";

/** Distinct profiles kept, of some 10 KB each: nearly all containers share the default one. */
const KEPT = 32;

/**
 * Compiled filters by profile. A profile is compiled once, when it is first asked for: some 10 ms, on another thread but
 * for slices of half a millisecond.
 */
export class SeccompCache {
  readonly #library: SeccompLibrary | undefined;
  readonly #programs = new Map<string, Promise<Uint8Array | undefined>>();
  /** One at a time: libseccomp promises nothing about threads. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param deps.library of `loadSeccompLibrary`. */
  constructor(deps: { readonly library: SeccompLibrary | undefined }) {
    this.#library = deps.library;
  }

  /**
   * The filter that runc installs for this profile; undefined when it cannot be made here (libseccomp is missing, or the
   * profile asks for a listener): then a process can only be added by runc itself.
   * @throws EngineError InvalidParameter for a profile that libseccomp refuses; it is not kept.
   */
  get(profile: SeccompProfile): Promise<Uint8Array | undefined> {
    const library = this.#library;
    if (library === undefined) return Promise.resolve(undefined);
    const key = createHash("sha256").update(JSON.stringify(profile)).digest("base64");
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const program = this.#last.then(() => compileSeccomp(library, profile));
    this.#last = program.catch(() => this.#programs.delete(key));
    this.#programs.set(key, program);
    this.#forgetOldest();
    return program;
  }

  #forgetOldest(): void {
    const oldest = this.#programs.keys().next().value;
    if (this.#programs.size > KEPT && oldest !== undefined) this.#programs.delete(oldest);
  }
}
