import { randomBytes } from "node:crypto";

/** A new container, exec, network or anonymous volume id: 64 lower-case hex digits. */
export function newId(): string {
  for (;;) {
    const id = randomBytes(32).toString("hex");
    // A short id that is all digits could be taken for a number by some clients (and by the kernel for a host name).
    if (/[a-f]/.test(id.slice(0, 12))) return id;
  }
}

/** The 12 digits that Docker shows. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}
