import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Machine } from "./finding.ts";

/** An ordinary user's PATH has no sbin folders, and the daemon's has. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];
const PROGRAM_TIMEOUT_MS = 5000;

export function thisMachine(env: Readonly<Record<string, string | undefined>>): Machine {
  const folders = [...(env["PATH"] ?? "").split(":"), ...SYSTEM_FOLDERS].filter((folder) => folder !== "");
  const { uid, username } = userInfo();
  return {
    arch: process.arch,
    uid,
    user: username,
    exists: existsSync,
    read: (path) => {
      try {
        return readFileSync(path, "utf8");
      } catch {
        return undefined;
      }
    },
    program: (name) => folders.map((folder) => join(folder, name)).find(isExecutable),
    output: (program, args) => {
      try {
        return execFileSync(program, args, {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
          timeout: PROGRAM_TIMEOUT_MS,
        });
      } catch {
        return "";
      }
    },
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
