/** The kernel's NFS 4 server in a network namespace, for one folder and 127.0.0.1 alone. What mountd would be asked is told beforehand. */
import { mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { output, run } from "./process.ts";

const FOREVER = 2_147_483_647;
const FLAGS = { insecurePort: 0x2, async: 0x10, noSubtreeCheck: 0x400, fsid: 0x2000 };
const NOBODY = 65_534;

export class NfsServer implements AsyncDisposable {
  readonly #netns: string;
  readonly #control: string;

  private constructor(netns: string, control: string) {
    this.#netns = netns;
    this.#control = control;
  }

  /** @param folder what `127.0.0.1:/` is; undefined where this kernel has no NFS server or client. */
  static async serve(netns: string, folder: string): Promise<NfsServer | undefined> {
    // A kernel may have them built in, and a system no modprobe.
    await run("sh", ["-c", "modprobe -a nfsd nfs nfsv4"]);
    const known = readFileSync("/proc/filesystems", "utf8").split(/\s+/);
    if (!["nfsd", "nfs4"].every((each) => known.includes(each))) return undefined;
    await using undo = new AsyncDisposableStack();
    const server = undo.use(new NfsServer(netns, mkdtempSync(join(tmpdir(), "slipway-nfsd-"))));
    const flags = Object.values(FLAGS).reduce((all, flag) => all | flag);
    await server.#sh(`
      mount -t nfsd nfsd $CONTROL
      echo 10 >$CONTROL/nfsv4leasetime
      echo 10 >$CONTROL/nfsv4gracetime
      echo "-2 -3 +4 +4.1 +4.2" >$CONTROL/versions
      echo "nfsd 127.0.0.1 ${FOREVER} everyone" >/proc/net/rpc/auth.unix.ip/channel
      echo "everyone ${folder} ${FOREVER} ${flags} ${NOBODY} ${NOBODY} 0" >/proc/net/rpc/nfsd.export/channel
      echo 'everyone 1 \\x00000000 ${FOREVER} ${folder}' >/proc/net/rpc/nfsd.fh/channel
      echo "tcp 2049" >$CONTROL/portlist
      echo 2 >$CONTROL/threads`);
    undo.move();
    return server;
  }

  async #sh(script: string): Promise<string> {
    const env = { CONTROL: this.#control };
    return await output("nsenter", [`--net=/run/netns/${this.#netns}`, "bash", "-ec", script], { env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Of one that was half made, what there is.
    await this.#sh("mountpoint -q $CONTROL || exit 0; echo 0 >$CONTROL/threads || true; umount $CONTROL");
    rmdirSync(this.#control);
  }
}
