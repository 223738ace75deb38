/** Shells in the order of preference. */
export const SHELLS = ["bash", "zsh", "ash", "sh"] as const;

/** How a shell is opened in a container; what the user chose last for an image is remembered. */
export interface ShellChoice {
  /** Path or name; undefined picks the best that the image has. */
  readonly shell?: string;
  readonly user?: string;
  readonly workingDir?: string;
}

/**
 * The command that becomes the chosen shell. Where none was chosen the container itself picks, in the one exec that is the shell: asking
 * first would be another round trip. busybox's `ash` and `sh` are one program, so `ash` is not looked for before `sh`.
 */
export function shellCommand({ shell }: ShellChoice): readonly string[] {
  if (shell !== undefined) return [shell];
  const tries = SHELLS.map((name) => `command -v ${name} >/dev/null 2>&1 && exec ${name}`);
  return ["sh", "-c", `${tries.join("; ")}; exec sh`];
}
