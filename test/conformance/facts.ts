import { hostDevices } from "../../daemon/linux/devices.ts";
import { readHostFacts } from "../../daemon/linux/host-facts.ts";
import { runcFacts } from "../../daemon/linux/runc-features.ts";
import type { SpecFacts } from "../../daemon/oci/spec/input.ts";

/** This machine, as the daemon sees it; without AppArmor, whose profile only a daemon loads. */
export async function hostSpecFacts(): Promise<SpecFacts> {
  const { mountOptions } = await runcFacts("runc");
  return { ...readHostFacts(), mountOptions, hostDevices: hostDevices() };
}
