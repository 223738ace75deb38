/** What the user typed to see less: words, all of which must be found; `state:running` and the like ask one property. */
export type TextFilter = (facts: Readonly<Record<string, string>>) => boolean;

export function textFilter(text: string): TextFilter {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const tests = words.map((word): TextFilter => {
    const [, key = "", wanted = ""] = /^(\w+):(.+)$/.exec(word) ?? [];
    return (facts) =>
      key in facts
        ? (facts[key] ?? "").toLowerCase().includes(wanted)
        : Object.values(facts).some((value) => value.toLowerCase().includes(word));
  });
  return (facts) => tests.every((test) => test(facts));
}

/** `{name} on {image}` with the facts of an object; an unknown name stays as it is written, so that a mistake is seen. */
export function fillTemplate(template: string, facts: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, key: string) => facts[key] ?? whole).trim();
}
