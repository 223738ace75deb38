import { EngineError } from "../../base/errors.ts";

/**
 * The folder below a hierarchy's mount point that runc makes for `linux.cgroupsPath`.
 * @param cgroupsPath an absolute path (cgroupfs) or `slice:prefix:name` (systemd).
 * @throws EngineError InvalidParameter when it is neither.
 */
export function cgroupFolder(cgroupsPath: string, systemd: boolean): string {
  if (systemd) return systemdFolder(cgroupsPath);
  const parts = cgroupsPath.split("/").filter((part) => part !== "" && part !== ".");
  // The hierarchy's own root must never be taken for a container's: everything on the machine would be killed with it.
  if (!cgroupsPath.startsWith("/") || parts.length === 0 || parts.includes("..")) throw invalid(cgroupsPath);
  return `/${parts.join("/")}`;
}

function systemdFolder(cgroupsPath: string): string {
  const [slice = "", prefix = "", name = "", ...more] = cgroupsPath.split(":");
  if (name === "" || more.length > 0 || /[/]|^\.\.?$/.test(name + prefix)) throw invalid(cgroupsPath);
  const unit = name.endsWith(".slice") ? name : `${prefix === "" ? "" : `${prefix}-`}${name}.scope`;
  return `${expandSlice(slice === "" ? "system.slice" : slice)}/${unit}`;
}

/** systemd.slice(5): `a-b.slice` lies in `a.slice`; `-.slice` is the root. */
export function expandSlice(slice: string): string {
  if (!slice.endsWith(".slice") || slice.includes("/")) throw invalid(slice);
  const name = slice.slice(0, -".slice".length);
  if (name === "-") return "";
  const parts = name.split("-");
  if (parts.includes("")) throw invalid(slice);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join("-")}.slice`).join("");
}

function invalid(path: string): EngineError {
  return new EngineError("InvalidParameter", `invalid cgroup path: ${JSON.stringify(path)}`);
}
