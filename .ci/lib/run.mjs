// One child process, awaited.
import { spawn } from "node:child_process";
import { ENV, ROOT } from "./paths.mjs";

/** Rejects with what it printed when it does not end with 0. `stdio: "inherit"` shows it as it comes. */
export function run(command, args, { stdio = "pipe", env = ENV, cwd = ROOT } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: stdio === "pipe" ? ["ignore", "pipe", "pipe"] : stdio });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => (output += text));
    child.stderr?.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args.join(" ")} ended with ${code}\n${output}`));
    });
  });
}
