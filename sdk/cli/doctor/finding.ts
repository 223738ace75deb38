/** One thing that was looked at. `missing` keeps the engine from working; a `warning` costs a feature, or safety. */
export interface Finding {
  readonly name: string;
  readonly state: "ok" | "warning" | "missing";
  readonly detail: string;
  /** The command that mends it, or what to do. */
  readonly remedy?: string;
}

/** What the checks look at: the machine, or a test's picture of one. */
export interface Machine {
  readonly arch: string;
  readonly uid: number;
  readonly user: string;
  /** Undefined when it cannot be read. */
  read(path: string): string | undefined;
  exists(path: string): boolean;
  /** The path of a program on PATH or in the sbin folders. */
  program(name: string): string | undefined;
  /** Standard output of a program, "" when it fails. */
  output(program: string, args: readonly string[]): string;
}

const INSTALL = [
  ["apt-get", "apt-get install -y"],
  ["dnf", "dnf install -y"],
  ["apk", "apk add"],
  ["pacman", "pacman -S --noconfirm"],
  ["zypper", "zypper install -y"],
] as const;

type PackageNames = Readonly<Partial<Record<(typeof INSTALL)[number][0], string>>> & { readonly other: string };

/** The command that installs a package here; packages have other names elsewhere. */
export function install(machine: Machine, names: PackageNames): string {
  const [manager, command] = INSTALL.find(([name]) => machine.program(name) !== undefined) ?? ["", ""];
  const name = names[manager as keyof PackageNames] ?? names.other;
  if (command === "") return `install ${name} with the package manager of this system`;
  return `${machine.uid === 0 ? "" : "sudo "}${command} ${name}`;
}
