import type { Logger } from "../base/logger.ts";
import { ATTACH_TYPE, attachToCgroup, BpfMap, MAP_TYPE } from "../linux/bpf/bpf.ts";
import {
  add,
  and,
  assemble,
  call,
  exit,
  HELPER,
  jumpIfEqual,
  jumpUnlessEqual,
  jumpUnlessSame,
  label,
  type Line,
  load,
  move,
  set,
  set64,
  setMap,
  store,
  storeValue,
} from "../linux/bpf/instructions.ts";
import { networkNamespaceCookie } from "../linux/network-namespace.ts";
import { addressBytes } from "./cidr.ts";
import type { PortMapping } from "./ruleset.ts";

const MOST_PORTS = 65_536;
/** Of connections whose asked address is known; beyond that, the oldest tell the container's. */
const MOST_PEERS = 8192;
const TCP = 6;
const LOOPBACK_NETWORK = 127;
/** 127.0.0.1, in network order. */
const LOOPBACK = 0x0100007f;

/** struct bpf_sock_addr, and struct bpf_sock behind its last field. */
const CONTEXT = { address: 4, port: 24, protocol: 36, socket: 64 };
const SOCKET = { interface: 0, peerAddress: 52 };
/** An address and a port, as the context has them: network order, 4 bytes each. */
const ENDPOINT = { size: 8, address: 0, port: 4 };

/**
 * Where a program of the host connects to a published port at 127.0.0.0/8, the connection is led to the container as it begins: a program
 * that the kernel runs in connect(2) puts the container's address in the place of the asked one. So its packets need no translation on the
 * way, and take the bridge's route with what that says of congestion; the loopback's own may pace them. getpeername(2) and
 * getsockname(2) tell what they would without it.
 *
 * The rules of the firewall do the same for who is not led: other protocols, and everybody while there is no daemon, or where the kernel
 * has no such programs.
 */
export class LoopbackConnections implements Disposable {
  readonly #log: Logger;
  readonly #cgroup: string | undefined;
  #attached: { readonly ports: BpfMap; readonly all: DisposableStack } | undefined;
  #isTried = false;

  /** @param cgroup the root of version 2; undefined where none is mounted. */
  constructor({ cgroup, log }: { readonly cgroup: string | undefined; readonly log: Logger }) {
    this.#cgroup = cgroup;
    this.#log = log;
  }

  add(mappings: readonly PortMapping[]): void {
    const led = mappings.filter(isLed);
    if (led.length === 0) return;
    this.#attach();
    try {
      for (const port of led) this.#attached?.ports.set(keyOf(port), endpoint(port.address, port.containerPort));
    } catch (error) {
      this.delete(led);
      this.#log.warn("connections from the loopback to a port are translated by the firewall's rules", { error });
    }
  }

  /** Idempotent. */
  delete(mappings: readonly PortMapping[]): void {
    for (const mapping of mappings.filter(isLed)) this.#attached?.ports.delete(keyOf(mapping));
  }

  /** At the first port: a host that publishes none is left alone. */
  #attach(): void {
    if (this.#isTried || this.#cgroup === undefined) return;
    this.#isTried = true;
    using stack = new DisposableStack();
    try {
      const sizes = { keySize: ENDPOINT.size, valueSize: ENDPOINT.size };
      const ports = stack.use(
        new BpfMap({ type: MAP_TYPE.hash, ...sizes, maxEntries: MOST_PORTS, name: "slipway_ports" }),
      );
      const peers = stack.use(
        new BpfMap({
          type: MAP_TYPE.lruHash,
          keySize: 8,
          valueSize: PEER.size,
          maxEntries: MOST_PEERS,
          name: "slipway_peers",
        }),
      );
      const connect = {
        instructions: connectProgram(ports.fd, peers.fd, networkNamespaceCookie()),
        name: "slipway_connect",
      };
      const getPeerName = { instructions: peerNameProgram(peers.fd), name: "slipway_peer" };
      const getSockName = { instructions: sockNameProgram(peers.fd), name: "slipway_sock" };
      // Before there is a connection that they are to hide.
      stack.use(attachToCgroup(this.#cgroup, { ...getPeerName, attachType: ATTACH_TYPE.inet4GetPeerName }));
      stack.use(attachToCgroup(this.#cgroup, { ...getSockName, attachType: ATTACH_TYPE.inet4GetSockName }));
      stack.use(attachToCgroup(this.#cgroup, { ...connect, attachType: ATTACH_TYPE.inet4Connect }));
      this.#attached = { ports, all: stack.move() };
    } catch (error) {
      this.#log.info("connections from the loopback are translated by the firewall's rules alone", { error });
    }
  }

  [Symbol.dispose](): void {
    this.#attached?.all.dispose();
    this.#attached = undefined;
  }
}

function isLed({ family, protocol, hostIp, hostPort }: PortMapping): boolean {
  return family === 4 && protocol === "tcp" && hostPort !== 0 && (hostIp === "0.0.0.0" || hostIp.startsWith("127."));
}

function keyOf({ hostIp, hostPort }: PortMapping): Buffer {
  return endpoint(hostIp, hostPort);
}

function endpoint(address: string, port: number): Buffer {
  const bytes = Buffer.alloc(ENDPOINT.size);
  bytes.set(addressBytes(address));
  bytes.writeUInt16BE(port, ENDPOINT.port);
  return bytes;
}

/** Value of the peers: what was asked for, and what it became. The key is the socket's cookie. */
const PEER = { size: 2 * ENDPOINT.size, asked: 0, became: ENDPOINT.size };
/** On the stack, whose end is r10. */
const STACK = { key: -8, cookie: -16, peer: -16 - PEER.size };

/** r6 is the context, r7 the asked address, r8 the asked port, r9 what they become. */
function connectProgram(ports: number, peers: number, namespace: bigint): Buffer {
  const lookUp: readonly Line[] = [setMap(1, ports), move(2, 10), add(2, STACK.key), call(HELPER.mapLookup)];
  return assemble([
    move(6, 1),
    load(32, 1, 6, CONTEXT.protocol),
    jumpUnlessEqual(1, TCP, "go on"),
    load(32, 7, 6, CONTEXT.address),
    // The first byte in network order is the lowest one.
    move(1, 7),
    and(1, 0xff),
    jumpUnlessEqual(1, LOOPBACK_NETWORK, "go on"),
    // One that is bound to an interface would not find the bridge.
    load(64, 1, 6, CONTEXT.socket),
    load(32, 1, 1, SOCKET.interface),
    jumpUnlessEqual(1, 0, "go on"),
    move(1, 6),
    call(HELPER.netnsCookie),
    set64(1, namespace),
    jumpUnlessSame(0, 1, "go on"),
    load(32, 8, 6, CONTEXT.port),
    // Ports of one address before those of all.
    store(32, 10, STACK.key + ENDPOINT.address, 7),
    store(32, 10, STACK.key + ENDPOINT.port, 8),
    ...lookUp,
    jumpUnlessEqual(0, 0, "found"),
    storeValue(32, 10, STACK.key + ENDPOINT.address, 0),
    ...lookUp,
    jumpIfEqual(0, 0, "go on"),
    label("found"),
    move(9, 0),
    move(1, 6),
    call(HELPER.socketCookie),
    store(64, 10, STACK.cookie, 0),
    store(32, 10, STACK.peer + PEER.asked + ENDPOINT.address, 7),
    store(32, 10, STACK.peer + PEER.asked + ENDPOINT.port, 8),
    load(32, 7, 9, ENDPOINT.address),
    load(32, 8, 9, ENDPOINT.port),
    store(32, 10, STACK.peer + PEER.became + ENDPOINT.address, 7),
    store(32, 10, STACK.peer + PEER.became + ENDPOINT.port, 8),
    setMap(1, peers),
    move(2, 10),
    add(2, STACK.cookie),
    move(3, 10),
    add(3, STACK.peer),
    set(4, 0),
    call(HELPER.mapUpdate),
    store(32, 6, CONTEXT.address, 7),
    store(32, 6, CONTEXT.port, 8),
    label("go on"),
    set(0, 1),
    exit(),
  ]);
}

/** r6 is the context; r0 is what is known of its socket, or the program is over. */
function findPeer(peers: number): readonly Line[] {
  return [
    move(6, 1),
    load(32, 1, 6, CONTEXT.protocol),
    jumpUnlessEqual(1, TCP, "as it is"),
    move(1, 6),
    call(HELPER.socketCookie),
    store(64, 10, STACK.cookie, 0),
    setMap(1, peers),
    move(2, 10),
    add(2, STACK.cookie),
    call(HELPER.mapLookup),
    jumpIfEqual(0, 0, "as it is"),
  ];
}

/** A socket may be connected anew: only what the asked address became is told as that. */
function peerNameProgram(peers: number): Buffer {
  return assemble([
    ...findPeer(peers),
    load(32, 1, 6, CONTEXT.address),
    load(32, 2, 0, PEER.became + ENDPOINT.address),
    jumpUnlessSame(1, 2, "as it is"),
    load(32, 1, 6, CONTEXT.port),
    load(32, 2, 0, PEER.became + ENDPOINT.port),
    jumpUnlessSame(1, 2, "as it is"),
    load(32, 1, 0, PEER.asked + ENDPOINT.address),
    load(32, 2, 0, PEER.asked + ENDPOINT.port),
    store(32, 6, CONTEXT.address, 1),
    store(32, 6, CONTEXT.port, 2),
    label("as it is"),
    set(0, 1),
    exit(),
  ]);
}

/** The bridge's address, which the kernel chose, is told as the loopback's. */
function sockNameProgram(peers: number): Buffer {
  return assemble([
    ...findPeer(peers),
    load(64, 1, 6, CONTEXT.socket),
    load(32, 1, 1, SOCKET.peerAddress),
    load(32, 2, 0, PEER.became + ENDPOINT.address),
    jumpUnlessSame(1, 2, "as it is"),
    load(32, 1, 6, CONTEXT.address),
    and(1, 0xff),
    jumpIfEqual(1, LOOPBACK_NETWORK, "as it is"),
    set(1, LOOPBACK),
    store(32, 6, CONTEXT.address, 1),
    label("as it is"),
    set(0, 1),
    exit(),
  ]);
}
