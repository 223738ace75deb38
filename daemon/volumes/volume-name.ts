/** Docker's rule for volume names: no slash, and no dot in front, for a name is a directory. Two characters at least. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** What a directory's name may be long. Bytes. */
const NAME_MAX = 255;

export function isVolumeName(name: string): boolean {
  return NAME.test(name) && name.length <= NAME_MAX;
}
