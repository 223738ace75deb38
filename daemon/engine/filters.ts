/** Docker's label filters: `key` or `key=value`, all of which must hold. */
export function matchesLabels(labels: Readonly<Record<string, string>>, wanted: readonly string[]): boolean {
  return wanted.every((each) => {
    const at = each.indexOf("=");
    if (at < 0) return Object.hasOwn(labels, each);
    return labels[each.slice(0, at)] === each.slice(at + 1);
  });
}
