/**
 * Bundled into a daemon of the tests (killable-daemon.ts): it kills itself before the n-th thing that it asks of the kernel's networking,
 * when the file of SLIPWAY_TEST_KILL_AT says n. The file is gone then.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { NetlinkSocket } from "../../daemon/linux/netlink/socket.ts";
import { Nftables } from "../../daemon/linux/nftables.ts";
import { SqliteCollection } from "../../daemon/metadata/sqlite-collection.ts";

const file = process.env["SLIPWAY_TEST_KILL_AT"] ?? "";

function step(): void {
  let left: number;
  try {
    left = Number(readFileSync(file, "utf8"));
  } catch {
    return;
  }
  if (left > 1) {
    writeFileSync(file, String(left - 1));
    return;
  }
  rmSync(file);
  process.kill(process.pid, "SIGKILL");
}

function before<K extends string>(prototype: Record<K, (...args: never[]) => unknown>, name: K): void {
  const original = prototype[name];
  prototype[name] = function (this: unknown, ...args: never[]) {
    step();
    return original.apply(this, args);
  };
}

before(NetlinkSocket.prototype, "request");
before(NetlinkSocket.prototype, "requestInBackground");
before(Nftables.prototype, "run");
before(SqliteCollection.prototype as unknown as Record<"put" | "delete", () => unknown>, "put");
before(SqliteCollection.prototype as unknown as Record<"put" | "delete", () => unknown>, "delete");
