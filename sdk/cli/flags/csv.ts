/** One line of CSV as Go's encoding/csv reads it: fields in double quotes may hold commas, `""` is a quote in them. */
export function csvFields(line: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at <= line.length;) {
    if (line[at] !== '"') {
      const comma = line.indexOf(",", at);
      const end = comma === -1 ? line.length : comma;
      const field = line.slice(at, end);
      if (field.includes('"'))
        throw new Error(`parse error on line 1, column ${at + field.indexOf('"') + 1}: bare " in non-quoted-field`);
      fields.push(field);
      at = end + 1;
      continue;
    }
    const quoted = /^"((?:[^"]|"")*)"(,|$)/.exec(line.slice(at));
    if (quoted === null)
      throw new Error(`parse error on line 1, column ${line.length + 1}: extraneous or missing " in quoted-field`);
    fields.push(quoted[1]!.replaceAll('""', '"'));
    at += quoted[0].length;
    if (quoted[2] === "") break;
  }
  return fields;
}
