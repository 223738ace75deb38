import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { EngineError, errnoOf } from "../base/errors.ts";

/** True where the kernel enforces AppArmor, and the daemon is not inside a container that must not change it. */
export function apparmorEnabled(): boolean {
  if (readOrEmpty("/sys/module/apparmor/parameters/enabled").trim() !== "Y") return false;
  return existsSync("/sys/kernel/security/apparmor") && process.env["container"] === undefined;
}

/** This process's own label, without its mode: `unconfined`, or a profile's name. */
export function currentLabel(): string {
  const label = readOrEmpty("/proc/self/attr/apparmor/current") || readOrEmpty("/proc/self/attr/current");
  return (
    label
      .replace(/\0/g, "")
      .trim()
      .replace(/ \([a-z]+\)$/, "") || "unconfined"
  );
}

export interface LoadedProfile {
  /** Its name; undefined where containers have no profile. */
  readonly profile: string | undefined;
  /** Why there is none although AppArmor is on. */
  readonly warning?: string;
}

/**
 * Loads a profile into the kernel, in the place of an older one of its name. Once per start of the daemon: it takes
 * apparmor_parser a moment to compile it. Without apparmor_parser nothing can be loaded, and containers run without a
 * profile, as Docker's do.
 *
 *   await loadProfile(DEFAULT_APPARMOR_PROFILE, apparmorProfile(currentLabel()));
 *
 * @param text as apparmor.d(5) has it.
 * @throws EngineError Unavailable when apparmor_parser refuses the profile.
 */
export async function loadProfile(name: string, text: string, signal?: AbortSignal): Promise<LoadedProfile> {
  if (!apparmorEnabled()) return { profile: undefined };
  try {
    await parse(text, signal);
    return { profile: name };
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    const warning =
      "AppArmor is on, but apparmor_parser is not installed (package apparmor): containers run without a profile";
    return { profile: undefined, warning };
  }
}

async function parse(profile: string, signal?: AbortSignal): Promise<void> {
  const child = spawn("apparmor_parser", ["--replace", "--skip-cache"], {
    signal,
    stdio: ["pipe", "ignore", "pipe"],
    // Services and ssh sessions do not always have the sbin folders, where it lives.
    env: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` },
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? -1));
  });
  // A parser that ends before it has read everything says why on its error stream.
  child.stdin.on("error", () => undefined).end(profile);
  const [code, complaint] = await Promise.all([ended, text(child.stderr)]);
  if (code !== 0) throw new EngineError("Unavailable", `apparmor_parser refused a profile: ${complaint.trim()}`);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
