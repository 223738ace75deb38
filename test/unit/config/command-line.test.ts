import { deepEqual, equal, throws } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCommandLine, readAgain } from "../../../daemon/config/command-line.ts";
import type { DaemonConfig } from "../../../daemon/config/daemon-config.ts";
import { helpText } from "../../../daemon/config/help.ts";
import { OPTION_LIST } from "../../../daemon/config/options.ts";

/** On a machine with a configuration of its own the tests must not read it. */
const folder = mkdtempSync(join(tmpdir(), "slipway-config-"));
const file = join(folder, "daemon.json");

function configOf(document: unknown, ...flags: readonly string[]): DaemonConfig {
  writeFileSync(file, typeof document === "string" ? document : JSON.stringify(document));
  const request = parseCommandLine(["--config-file", file, ...flags]);
  if (!("config" in request)) throw new Error(request.kind);
  return request.config;
}
const flagsOf = (...flags: readonly string[]): DaemonConfig => configOf({}, ...flags);

describe("configuration", () => {
  after(() => rmSync(folder, { recursive: true }));

  describe("parseCommandLine", () => {
    it("has dockerd's defaults under Slipway's names", () => {
      const { dataRoot, execRoot, hosts, pidfile, logLevel, defaultRuntime, concurrentDownloads, mtu, tls } = flagsOf();
      deepEqual(
        { dataRoot, execRoot, hosts, pidfile, logLevel, defaultRuntime, concurrentDownloads, mtu, tls },
        {
          dataRoot: "/var/lib/slipway",
          execRoot: "/run/slipway",
          hosts: [{ kind: "unix", path: "/run/slipway/slipway.sock" }],
          pidfile: "/run/slipway/slipway.pid",
          logLevel: "info",
          defaultRuntime: "runc",
          concurrentDownloads: 3,
          mtu: undefined,
          tls: undefined,
        },
      );
    });

    const forms: readonly (readonly [flags: readonly string[], expected: Partial<DaemonConfig>])[] = [
      [["--data-root", "/a"], { dataRoot: "/a" }],
      [["--data-root=/a"], { dataRoot: "/a" }],
      [["-l", "warn"], { logLevel: "warn" }],
      [["-D"], { debug: true, logLevel: "debug" }],
      [["--debug=false"], { debug: false, logLevel: "info" }],
      [["--exec-root", "/x"], { execRoot: "/x", pidfile: "/x/slipway.pid" }],
      [["-p", "/x/p"], { pidfile: "/x/p" }],
      [
        ["-Hunix:///s", "-H", "fd://"],
        {
          hosts: [
            { kind: "unix", path: "/s" },
            { kind: "fd", name: "" },
          ],
        },
      ],
      [["-H", "tcp://127.0.0.1"], { hosts: [{ kind: "tcp", address: "127.0.0.1", port: 2375 }] }],
      [["-H", "tcp://[::1]:99"], { hosts: [{ kind: "tcp", address: "::1", port: 99 }] }],
      [["-H", "tcp://:77", "--allow-plain-tcp"], { hosts: [{ kind: "tcp", address: "127.0.0.1", port: 77 }] }],
      [["-H", "tcp://0.0.0.0:77", "--allow-plain-tcp"], { hosts: [{ kind: "tcp", address: "0.0.0.0", port: 77 }] }],
      [
        ["--tlsverify", "--tlscert", "c", "--tlskey", "k", "--tlscacert", "a", "-H", "tcp://0.0.0.0"],
        {
          tls: { cert: "c", key: "k", ca: "a", verify: true },
          hosts: [{ kind: "tcp", address: "0.0.0.0", port: 2376 }],
        },
      ],
      [["--add-runtime", "crun=/usr/bin/crun"], { runtimes: { runc: "runc", crun: "/usr/bin/crun" } }],
      [["--default-ulimit", "nofile=1:2"], { defaultUlimits: [{ name: "nofile", soft: 1, hard: 2 }] }],
      [["--default-ulimit", "core=-1"], { defaultUlimits: [{ name: "core", soft: -1, hard: -1 }] }],
      [["--exec-opt", "native.cgroupdriver=systemd"], { cgroupDriver: "systemd" }],
      [["--bip", "10.1.2.3/20"], { bip: { subnet: "10.1.0.0/20", gateway: "10.1.2.3" } }],
      [["--default-address-pool", "base=10.0.0.0/8,size=24"], { addressPools: [{ base: "10.0.0.0/8", size: 24 }] }],
      [["--default-address-pool", "base=fd00:1::/48,size=64"], { addressPools: [{ base: "fd00:1::/48", size: 64 }] }],
      [["--insecure-registry", "a:1", "--insecure-registry", "b"], { insecureRegistries: ["a:1", "b"] }],
      [["--live-restore", "--userland-proxy=false", "-s", "overlay2", "--log-driver", "json-file"], {}],
    ];
    for (const [flags, expected] of forms) {
      it(`reads ${flags.join(" ")}`, () => {
        const config = flagsOf(...flags);
        const names = Object.keys(expected) as (keyof DaemonConfig)[];
        deepEqual(Object.fromEntries(names.map((name) => [name, config[name]])), expected);
      });
    }

    const refusals: readonly (readonly [flags: readonly string[], message: RegExp])[] = [
      [["--nope"], /^unknown flag: --nope$/],
      [["--nope=1"], /^unknown flag: --nope$/],
      [["-z"], /^unknown shorthand flag: 'z' in -z$/],
      [["--data-root"], /^flag needs an argument: --data-root$/],
      [["run"], /accepts no arguments: run/],
      [["--debug=perhaps"], /invalid argument "perhaps" for "-D, --debug" flag/],
      [["--mtu", "big"], /invalid argument "big" for "--mtu" flag/],
      [["--mtu", "10"], /invalid mtu: 10 is not in 68\.\.65535/],
      [["-l", "loud"], /invalid logging level: loud/],
      [["--log-format", "xml"], /invalid log-format: "xml"/],
      [["--data-root", "rel"], /data-root must be an absolute path: rel/],
      [["-H", "http://x"], /invalid bind address "http:\/\/x"/],
      [["-H", "unix://rel"], /invalid bind address/],
      [["-H", "tcp://127.0.0.1:99999"], /invalid bind address/],
      [["-H", "tcp://0.0.0.0:2375"], /without TLS .* --allow-plain-tcp/],
      [["-H", "tcp://example.org:2375"], /without TLS/],
      [["--tlsverify", "--tlscert", "c", "--tlskey", "k"], /--tlsverify needs --tlscacert/],
      [["--tls"], /TLS needs --tlscert and --tlskey/],
      [["--storage-driver", "zfs"], /storage driver "zfs" is not supported/],
      [["--live-restore=false"], /live-restore=false is not supported/],
      [["--userland-proxy"], /userland-proxy=true is not supported/],
      [["--userns-remap", "default"], /userns-remap is not supported/],
      [["--default-runtime", "crun"], /invalid default-runtime: "crun" is none of runc/],
      [["--add-runtime", "runc=/x"], /runtime name 'runc' is reserved/],
      [["--default-ulimit", "nofile=9:1"], /soft limit must be less than or equal to hard limit/],
      [["--label", "nokey"], /bad attribute format: nokey/],
      [["--bip", "10.0.0.0/24"], /is the network's own address/],
      [["--exec-opt", "a=b"], /unknown exec-opt: a=b/],
    ];
    for (const [flags, message] of refusals) {
      it(`refuses ${flags.join(" ")}`, () => throws(() => flagsOf(...flags), { kind: "InvalidParameter", message }));
    }

    it("tells help, version and validate from a run", () => {
      deepEqual(
        [
          ["-h"],
          ["--version"],
          ["--config-file", file, "--validate"],
          ["--config-file", file, "--install-systemd"],
        ].map((flags) => parseCommandLine(flags).kind),
        ["help", "version", "validate", "install-systemd"],
      );
    });
  });

  describe("daemon.json", () => {
    it("takes dockerd's keys and forms", () => {
      const { dataRoot, hosts, runtimes, defaultUlimits, addressPools, labels, debug, dns } = configOf({
        "data-root": "/d",
        hosts: ["unix:///s"],
        runtimes: { crun: { path: "/c" } },
        "default-ulimits": { nofile: { Name: "nofile", Soft: 1, Hard: 2 } },
        "default-address-pools": [{ base: "10.0.0.0/8", size: 24 }],
        labels: ["a=b"],
        debug: true,
        dns: ["1.1.1.1"],
      });
      deepEqual(
        { dataRoot, hosts, runtimes, defaultUlimits, addressPools, labels, debug, dns },
        {
          dataRoot: "/d",
          hosts: [{ kind: "unix", path: "/s" }],
          runtimes: { runc: "runc", crun: "/c" },
          defaultUlimits: [{ name: "nofile", soft: 1, hard: 2 }],
          addressPools: [{ base: "10.0.0.0/8", size: 24 }],
          labels: ["a=b"],
          debug: true,
          dns: ["1.1.1.1"],
        },
      );
    });

    const refusals: readonly (readonly [document: unknown, flags: readonly string[], message: RegExp])[] = [
      ["{", [], /unable to configure the daemon with file .*daemon\.json/],
      ["[]", [], /holds no JSON object/],
      [{ nope: 1, other: 2 }, [], /the following directives don't match any configuration option: nope, other$/],
      [{ debug: "yes" }, [], /the value of debug is not of its form: "yes"/],
      [{ runtimes: { x: { path: "/x", runtimeArgs: ["-v"] } } }, [], /the value of runtimes is not of its form/],
      [
        { "data-root": "/a", labels: ["a=b"] },
        ["--data-root", "/b", "--label", "c=d"],
        /specified both as a flag and in the configuration file: data-root: \(from flag: \/b, from file: \/a\), labels: \(from flag: \[c=d\], from file: \[a=b\]\)$/,
      ],
      [{ "userns-remap": "x" }, [], /userns-remap is not supported/],
      [{ "log-opts": { "max-size": "1m" } }, [], /log-opt is not supported/],
    ];
    for (const [document, flags, message] of refusals) {
      it(`refuses ${JSON.stringify(document)} with ${flags.length} flags`, () =>
        throws(() => configOf(document, ...flags), { kind: "InvalidParameter", message }));
    }

    it("must be there when it was named", () => {
      throws(() => parseCommandLine(["--config-file", join(folder, "none.json")]), /none\.json: ENOENT/);
    });

    it("is read again, and a wrong one is refused", () => {
      writeFileSync(file, JSON.stringify({ "log-level": "warn" }));
      const request = parseCommandLine(["--config-file", file]);
      if (!("flags" in request)) throw new Error("no run");
      writeFileSync(file, JSON.stringify({ "log-level": "error", labels: ["x=y"] }));
      const { logLevel, labels } = readAgain(request.flags);
      deepEqual({ logLevel, labels }, { logLevel: "error", labels: ["x=y"] });
      writeFileSync(file, "{");
      throws(() => readAgain(request.flags), { kind: "InvalidParameter" });
    });
  });

  describe("helpText", () => {
    it("has a line for every option that it explains, none wider than a wide terminal", () => {
      const text = helpText();
      for (const { flag, help } of OPTION_LIST) equal(text.includes(`--${flag} `), help !== undefined, flag);
    });
  });
});
