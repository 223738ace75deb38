import type { PortSummary } from "../../contract/index.ts";

interface Run {
  first: number;
  last: number;
  readonly ip: string;
  readonly type: string;
}

/**
 * `443/tcp, 0.0.0.0:8080-8081->80-81/tcp`: what `ps` shows. Neighbours that are published the same way are one range; ranges of
 * ports that are not published at the same number stay apart, and come last.
 */
export function portsText(ports: readonly PortSummary[]): string {
  const runs = new Map<string, Run>();
  const order: string[] = [];
  const texts: string[] = [];
  const single: string[] = [];
  for (const port of [...ports].sort(comparePorts)) {
    const { IP: ip = "", PrivatePort, PublicPort = 0, Type: type } = port;
    if (PublicPort !== 0 && PublicPort !== PrivatePort) {
      single.push(`${hostText(ip, String(PublicPort))}->${PrivatePort}/${type}`);
      continue;
    }
    const key = `${PublicPort === 0 ? "" : ip}/${type}`;
    const run = runs.get(key);
    if (run === undefined) {
      runs.set(key, { first: PrivatePort, last: PrivatePort, ip: PublicPort === 0 ? "" : ip, type });
      order.push(key);
    } else if (PrivatePort === run.last + 1) run.last = PrivatePort;
    else if (PrivatePort !== run.last) {
      texts.push(runText(run));
      run.first = run.last = PrivatePort;
    }
  }
  return [...texts, ...order.map((key) => runText(runs.get(key)!)), ...single].join(", ");
}

function runText({ first, last, ip, type }: Run): string {
  const range = first === last ? String(first) : `${first}-${last}`;
  return ip === "" ? `${range}/${type}` : `${hostText(ip, range)}->${range}/${type}`;
}

function hostText(ip: string, port: string): string {
  return `${ip.includes(":") ? `[${ip}]` : ip}:${port}`;
}

function comparePorts(left: PortSummary, right: PortSummary): number {
  return (
    left.PrivatePort - right.PrivatePort ||
    compareText(left.IP ?? "", right.IP ?? "") ||
    (left.PublicPort ?? 0) - (right.PublicPort ?? 0) ||
    compareText(left.Type, right.Type)
  );
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
