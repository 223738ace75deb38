import { EngineError } from "../base/errors.ts";

/** passwd(5) and group(5) come from the image: what is larger or longer than any real one is cut off (CVE-2026-47262). */
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_LINE = 64 * 1024;
/** Ids above it wrap to other users, root among them, in what stores them as 32 bits (CVE-2024-40635). */
const MAX_ID = 2 ** 31 - 1;

export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** The primary group first: without it a file could deny the group by its mode and still let this user in (CVE-2022-36109). */
  readonly additionalGids: readonly number[];
  /** "/" when passwd does not know the user. */
  readonly home: string;
  /** "" when passwd does not know the user. */
  readonly name: string;
}

export interface UserFiles {
  /** Text of the container's /etc/passwd; undefined when there is none. */
  readonly passwd: string | undefined;
  readonly group: string | undefined;
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/**
 * `user[:group]` in the container's own files, by Docker's rules: names or numbers; a number need not be in the files; ""
 * is root; a group that is given replaces all that the user is a member of.
 * @param groupAdd groups to be in as well, by name or number.
 * @throws EngineError InvalidParameter with Docker's words.
 */
export function resolveUser(spec: string, files: UserFiles, groupAdd: readonly string[] = []): ResolvedUser {
  const [userPart = "", groupPart = ""] = splitOnce(spec);
  const user = findUser(userPart, files.passwd);
  const groups = groupPart !== "" || user.name !== "" || groupAdd.length > 0 ? parseGroup(files.group) : [];
  const gid = groupPart === "" ? user.gid : findGroup(groupPart, groups);
  const memberOf =
    groupPart === "" && user.name !== "" ? groups.filter((group) => group.members.includes(user.name)) : [];
  const additional = [gid, ...memberOf.map((group) => group.gid), ...groupAdd.map((name) => findGroup(name, groups))];
  return { uid: user.uid, gid, additionalGids: [...new Set(additional)], home: user.home, name: user.name };
}

function splitOnce(spec: string): readonly string[] {
  const colon = spec.indexOf(":");
  return colon < 0 ? [spec] : [spec.slice(0, colon), spec.slice(colon + 1)];
}

function findUser(part: string, passwd: string | undefined): PasswdEntry {
  const wanted = part === "" ? "0" : part;
  const number = numberOf(wanted);
  // A user may be called by a number: the file is asked first, for name and number at once.
  const found = parsePasswd(passwd).find((each) => each.name === wanted || each.uid === number);
  if (found !== undefined) {
    checkRange(found.uid);
    checkRange(found.gid);
    return found;
  }
  if (number === undefined) throw noSuch("user", part, "passwd");
  checkRange(number);
  return { name: "", uid: number, gid: 0, home: "/" };
}

function findGroup(part: string, groups: readonly GroupEntry[]): number {
  const number = numberOf(part);
  const gid = groups.find((each) => each.name === part || each.gid === number)?.gid ?? number;
  if (gid === undefined) throw noSuch("group", part, "group");
  checkRange(gid);
  return gid;
}

function noSuch(kind: "user" | "group", name: string, file: string): EngineError {
  return new EngineError("InvalidParameter", `unable to find ${kind} ${name}: no matching entries in ${file} file`);
}

function checkRange(id: number): void {
  if (id < 0 || id > MAX_ID) throw new EngineError("InvalidParameter", `uids and gids must be in range 0-${MAX_ID}`);
}

/** Of a decimal integer, signed or not; undefined for anything else. */
function numberOf(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

function parsePasswd(text: string | undefined): PasswdEntry[] {
  return linesOf(text).flatMap((line) => {
    const [name = "", , uid = "", gid = "", , home = ""] = line.split(":");
    const numbers = { uid: numberOf(uid), gid: numberOf(gid) };
    if (name === "" || numbers.uid === undefined || numbers.gid === undefined) return [];
    return [{ name, uid: numbers.uid, gid: numbers.gid, home: home || "/" }];
  });
}

function parseGroup(text: string | undefined): GroupEntry[] {
  return linesOf(text).flatMap((line) => {
    const [name = "", , gid = "", members = ""] = line.split(":");
    const number = numberOf(gid);
    return name === "" || number === undefined ? [] : [{ name, gid: number, members: members.split(",") }];
  });
}

function linesOf(text = ""): string[] {
  return text
    .slice(0, MAX_BYTES)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && line.length <= MAX_LINE && !line.startsWith("#"));
}
