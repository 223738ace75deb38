import type { Finding, Machine } from "./finding.ts";

const root = (machine: Machine): string => (machine.uid === 0 ? "" : "sudo ");

/** Features of the running kernel, read from /proc and /sys; nothing is loaded or changed. */
export function checkKernel(machine: Machine): readonly Finding[] {
  return [
    overlay(machine),
    cgroups(machine),
    userNamespaces(machine),
    seccomp(machine),
    appArmor(machine),
    netfilter(machine),
  ];
}

function overlay(machine: Machine): Finding {
  const name = "overlayfs";
  if (/^nodev\toverlay$/m.test(machine.read("/proc/filesystems") ?? ""))
    return { name, state: "ok", detail: "in the kernel" };
  const release = (machine.read("/proc/sys/kernel/osrelease") ?? "").trim();
  const builtIn = machine.read(`/lib/modules/${release}/modules.dep`)?.includes("/overlay.ko");
  return {
    name,
    state: "warning",
    detail: builtIn ? "the module is not loaded" : "not in this kernel: layers are copied, which is slow and large",
    remedy: `${root(machine)}modprobe overlay`,
  };
}

function cgroups(machine: Machine): Finding {
  const name = "cgroups";
  const controllers = machine.read("/sys/fs/cgroup/cgroup.controllers");
  if (controllers !== undefined) {
    const missing = ["cpu", "memory", "pids"].filter((controller) => !controllers.split(/\s+/).includes(controller));
    const detail = missing.length === 0 ? `v2 (${controllers.trim()})` : `v2 without ${missing.join(", ")}`;
    return {
      name,
      state: missing.length === 0 ? "ok" : "warning",
      detail,
      ...(missing.length === 0
        ? {}
        : { remedy: "add systemd.unified_cgroup_hierarchy=1 cgroup_enable=memory to the kernel's command line" }),
    };
  }
  const mounted = [
    ...(machine.read("/proc/self/mountinfo") ?? "").matchAll(/ \/sys\/fs\/cgroup\/(\S+) .* - cgroup /g),
  ].map(([, path]) => path!);
  if (mounted.length === 0)
    return {
      name,
      state: "missing",
      detail: "no hierarchy below /sys/fs/cgroup",
      remedy: `${root(machine)}mount -t cgroup2 none /sys/fs/cgroup`,
    };
  return { name, state: "ok", detail: `v1 (${mounted.join(" ")})` };
}

function userNamespaces(machine: Machine): Finding {
  const name = "user namespaces";
  const needed = machine.uid === 0 ? "warning" : "missing";
  const limit = (machine.read("/proc/sys/user/max_user_namespaces") ?? "0").trim();
  if (!machine.exists("/proc/self/ns/user") || limit === "0")
    return {
      name,
      state: needed,
      detail: "switched off",
      remedy: `${root(machine)}sysctl -w user.max_user_namespaces=28633`,
    };
  const forUsers = (machine.read("/proc/sys/kernel/unprivileged_userns_clone") ?? "1").trim();
  if (forUsers === "0" && machine.uid !== 0)
    return {
      name,
      state: "missing",
      detail: "for root only",
      remedy: "sudo sysctl -w kernel.unprivileged_userns_clone=1",
    };
  const restricted = (machine.read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") ?? "0").trim() === "1";
  if (restricted && machine.uid !== 0)
    return {
      name,
      state: "missing",
      detail: "restricted by AppArmor",
      remedy: "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    };
  return { name, state: "ok", detail: `at most ${limit}` };
}

function seccomp(machine: Machine): Finding {
  const name = "seccomp";
  if (/^Seccomp:/m.test(machine.read("/proc/self/status") ?? "")) return { name, state: "ok", detail: "in the kernel" };
  return { name, state: "warning", detail: "not in this kernel: system calls of containers are not filtered" };
}

function appArmor(machine: Machine): Finding {
  const name = "AppArmor";
  if ((machine.read("/sys/module/apparmor/parameters/enabled") ?? "N").trim() !== "Y")
    return { name, state: "ok", detail: "not in use on this machine" };
  const parser = machine.program("apparmor_parser");
  if (parser !== undefined) return { name, state: "ok", detail: parser };
  return {
    name,
    state: "warning",
    detail: "in use, and apparmor_parser is not there: containers run without a profile",
    remedy: `${root(machine)}apt-get install -y apparmor`,
  };
}

function netfilter(machine: Machine): Finding {
  const name = "nf_tables";
  if (machine.exists("/sys/module/nf_tables") || machine.exists("/proc/net/netfilter"))
    return { name, state: "ok", detail: "in the kernel" };
  return {
    name,
    state: "warning",
    detail: "not loaded: published ports and the bridge need it",
    remedy: `${root(machine)}modprobe nf_tables`,
  };
}
