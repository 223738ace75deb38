import { deepEqual, throws } from "node:assert/strict";
import { isLoopback, parseHost, showHost } from "../../../daemon/config/hosts.ts";
import { groupId } from "../../../daemon/main/group.ts";
import { inheritedSockets } from "../../../daemon/main/inherited-sockets.ts";
import { unitText } from "../../../daemon/main/systemd-unit.ts";

describe("hosts", () => {
  it("showHost writes what parseHost reads", () => {
    for (const text of ["unix:///run/x.sock", "tcp://127.0.0.1:2375", "tcp://[::1]:1", "fd://", "fd://name"])
      deepEqual(showHost(parseHost(text, false)), text);
  });

  it("isLoopback is true of this machine's own addresses alone", () => {
    const addresses = [
      "127.0.0.1",
      "127.9.9.9",
      "::1",
      "localhost",
      "0.0.0.0",
      "::",
      "10.0.0.1",
      "127.0.0.1.example.org",
    ];
    deepEqual(addresses.map(isLoopback), [true, true, true, true, false, false, false, false]);
  });
});

describe("inheritedSockets", () => {
  const env = { LISTEN_PID: "7", LISTEN_FDS: "2", LISTEN_FDNAMES: "api:other" };

  it("finds all, or one by its name or number", () => {
    deepEqual(
      ["", "*", "other", "3"].map((name) => inheritedSockets(env, name, 7)),
      [[3, 4], [3, 4], [4], [3]],
    );
  });

  it("refuses another process's sockets, and a name that is none", () => {
    throws(() => inheritedSockets(env, "", 8), /no sockets found via socket activation/);
    throws(() => inheritedSockets(env, "nope", 7), /no socket "nope"/);
  });
});

describe("groupId", () => {
  it("is undefined for the default group where there is none, and an error for one that was asked for", () => {
    deepEqual(
      [groupId(undefined, "/dev/null"), groupId("", "/etc/group"), groupId("12", "/dev/null")],
      [undefined, undefined, 12],
    );
    throws(() => groupId("no-such-group", "/dev/null"), /group no-such-group not found/);
    deepEqual(groupId("root"), 0);
  });
});

describe("unitText", () => {
  it("ends only the daemon, tells when it is ready, and quotes what systemd would read", () => {
    const text = unitText(["/usr/bin/node", "/a b/$x%n.js", "--label", 'k="v"']);
    for (const line of [
      "Type=notify",
      "KillMode=process",
      "Delegate=yes",
      "ExecReload=/bin/kill -s HUP $MAINPID",
      String.raw`ExecStart=/usr/bin/node "/a b/$$x%%n.js" --label "k=\"v\""`,
      "WantedBy=multi-user.target",
    ])
      deepEqual(text.split("\n").includes(line), true, line);
  });
});
