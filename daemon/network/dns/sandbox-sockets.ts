import { closeSync } from "node:fs";
import { Nftables } from "../../linux/nftables.ts";
import { inNetworkNamespace } from "../../linux/network-namespace.ts";
import { openPortSocket } from "../../linux/port-socket.ts";

/** Where a container finds its names: in its own network namespace, where nobody else can send to it. */
export const SERVER_ADDRESS = "127.0.0.11";

/** Listening descriptors; whoever takes them closes them. */
export interface SandboxSockets {
  readonly udp: number;
  readonly tcp: number;
}

/**
 * Opens the server's sockets inside a sandbox. Not on port 53: a container that is a name server itself takes that one on all of
 * its addresses, and could not start. Two rules in the sandbox change the port on the way there and back; without connection
 * tracking, which a sandbox has no other use for. What they were before, for an earlier daemon, is replaced.
 */
export function openSandboxSockets(sandboxPath: string): SandboxSockets {
  return inNetworkNamespace(sandboxPath, () => {
    using undo = new DisposableStack();
    const address = Uint8Array.from(SERVER_ADDRESS.split("."), Number);
    const [udp, tcp] = (["udp", "tcp"] as const).map((protocol) => {
      const socket = openPortSocket({ protocol, address, port: 0, accepts: protocol === "tcp" });
      undo.defer(() => closeSync(socket.fd));
      return socket;
    });
    if (udp === undefined || tcp === undefined) throw new RangeError("two sockets were asked for");
    using nftables = new Nftables();
    nftables.run(redirection({ udp: udp.port, tcp: tcp.port }));
    undo.move();
    return { udp: udp.fd, tcp: tcp.fd };
  });
}

const TABLE = "slipway_dns";

function redirection(ports: Readonly<Record<"udp" | "tcp", number>>): string {
  const rules = (["udp", "tcp"] as const).flatMap((protocol) => [
    `ip daddr ${SERVER_ADDRESS} ${protocol} dport 53 ${protocol} dport set ${ports[protocol]}`,
    `ip saddr ${SERVER_ADDRESS} ${protocol} sport ${ports[protocol]} ${protocol} sport set 53`,
  ]);
  return `add table ip ${TABLE}
delete table ip ${TABLE}
table ip ${TABLE} {
  chain output {
    type filter hook output priority raw; policy accept;
    ${rules.join("\n    ")}
  }
}
`;
}
