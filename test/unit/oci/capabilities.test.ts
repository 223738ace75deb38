import { deepStrictEqual, throws } from "node:assert/strict";
import { EngineError } from "../../../daemon/base/errors.ts";
import { capabilitiesOf } from "../../../daemon/base/linux-capabilities.ts";
import {
  CAPABILITIES,
  DEFAULT_CAPABILITIES,
  resolveCapabilities,
  type CapabilityRequest,
} from "../../../daemon/oci/capabilities.ts";

const request = (change: Partial<CapabilityRequest>): CapabilityRequest => ({
  add: [],
  drop: [],
  privileged: false,
  available: CAPABILITIES,
  ...change,
});
const without = (names: readonly string[], ...left: readonly string[]): readonly string[] =>
  names.filter((name) => !left.includes(name));

describe("resolveCapabilities", () => {
  const cases: readonly (readonly [title: string, change: Partial<CapabilityRequest>, granted: readonly string[]])[] = [
    ["the default", {}, DEFAULT_CAPABILITIES],
    ["a name in any spelling", { add: ["net_admin", "cap_net_admin"] }, [...DEFAULT_CAPABILITIES, "CAP_NET_ADMIN"]],
    ["drop", { drop: ["MKNOD"] }, without(DEFAULT_CAPABILITIES, "CAP_MKNOD")],
    [
      "add over drop",
      { add: ["MKNOD"], drop: ["MKNOD"] },
      [...without(DEFAULT_CAPABILITIES, "CAP_MKNOD"), "CAP_MKNOD"],
    ],
    ["add ALL without drop", { add: ["all"], drop: ["SYS_ADMIN"] }, without(CAPABILITIES, "CAP_SYS_ADMIN")],
    ["drop ALL but add", { add: ["CHOWN"], drop: ["ALL"] }, ["CAP_CHOWN"]],
    ["drop ALL", { drop: ["ALL"] }, []],
    ["privileged", { privileged: true, drop: ["CHOWN"] }, CAPABILITIES],
  ];
  for (const [title, change, granted] of cases) {
    it(`grants ${title}`, () => deepStrictEqual(resolveCapabilities(request(change)), { granted, lacking: [] }));
  }

  it("leaves out what the daemon lacks, and names what was asked for", () => {
    const available = without(CAPABILITIES, "CAP_SYS_RESOURCE", "CAP_MKNOD");
    deepStrictEqual(resolveCapabilities(request({ add: ["SYS_RESOURCE"], available })), {
      granted: without(DEFAULT_CAPABILITIES, "CAP_MKNOD"),
      lacking: ["CAP_MKNOD", "CAP_SYS_RESOURCE"],
    });
    deepStrictEqual(resolveCapabilities(request({ privileged: true, available })), { granted: available, lacking: [] });
  });

  for (const [field, key] of [
    ["CapAdd", "add"],
    ["CapDrop", "drop"],
  ] as const) {
    it(`refuses an unknown name in ${field} with Docker's words`, () => {
      throws(
        () => resolveCapabilities(request({ [key]: ["foo"] })),
        new EngineError("InvalidParameter", `invalid ${field}: unknown capability: "CAP_FOO"`),
      );
    });
  }
});

describe("capabilitiesOf", () => {
  it("reads Docker's well-known mask", () => {
    deepStrictEqual(new Set(capabilitiesOf(0xa80425fbn)), new Set(DEFAULT_CAPABILITIES));
  });
});
