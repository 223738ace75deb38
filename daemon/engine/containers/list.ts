import { EngineError } from "../../base/errors.ts";
import { matchesLabels } from "../filters.ts";
import type { Container } from "../model/container.ts";
import type { Filters, ListQuery } from "../services.ts";

export interface ListDeps {
  readonly all: () => readonly Container[];
  readonly resolve: (ref: string) => Container;
  /** Image ids that `ancestor=ref` stands for; empty when there is no such image. */
  readonly ancestorIds: (ref: string) => readonly string[];
}

const STATUSES = ["created", "restarting", "running", "removing", "paused", "exited", "dead"];

/** The containers that a list asks for, newest first. @throws EngineError InvalidParameter for a value no filter can have. */
export function selectContainers(
  deps: ListDeps,
  query: Pick<ListQuery, "all" | "limit" | "filters">,
): readonly Container[] {
  const { filters } = query;
  checkValues(filters);
  // A status filter, `before` and `since` look at stopped ones too, as Docker's do; so does a limit.
  const every =
    query.all || (query.limit ?? 0) > 0 || ["status", "exited", "before", "since"].some((name) => filters.has(name));
  const test = compile(deps, filters);
  const selected = deps
    .all()
    .filter((container) => (every || isLive(container)) && test(container))
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  return query.limit !== undefined && query.limit > 0 ? selected.slice(0, query.limit) : selected;
}

export function isLive(container: Container): boolean {
  const { status } = container.state;
  return status === "running" || status === "paused" || status === "restarting";
}

function checkValues(filters: Filters): void {
  for (const value of filters.get("status") ?? []) {
    if (!STATUSES.includes(value)) throw new EngineError("InvalidParameter", `invalid filter 'status=${value}'`);
  }
  for (const value of filters.get("exited") ?? []) {
    if (!/^-?\d+$/.test(value)) throw new EngineError("InvalidParameter", `invalid filter 'exited=${value}'`);
  }
}

function compile(deps: ListDeps, filters: Filters): (container: Container) => boolean {
  const tests: ((container: Container) => boolean)[] = [];
  for (const [name, values] of filters) {
    const test = testOf(deps, name, values);
    if (test !== undefined) tests.push(test);
  }
  return (container) => tests.every((test) => test(container));
}

type Test = (container: Container) => boolean;

function testOf(deps: ListDeps, name: string, values: readonly string[]): Test | undefined {
  const any =
    (test: (container: Container, value: string) => boolean): Test =>
    (container) =>
      values.some((value) => test(container, value));
  switch (name) {
    case "id":
      return any((container, value) => container.id.startsWith(value));
    case "name":
      return any(nameMatcher());
    case "status":
      return any((container, value) => container.state.status === value);
    case "exited":
      return any((container, value) => "exit" in container.state && container.state.exit.code === Number(value));
    case "label":
      return (container) => matchesLabels(container.process.labels, values);
    case "before":
      return olderThan(deps.resolve(values[0] ?? ""));
    case "since":
      return newerThan(deps.resolve(values[0] ?? ""));
    case "ancestor": {
      const ids = new Set(values.flatMap((value) => deps.ancestorIds(value)));
      return (container) => ids.has(container.imageId);
    }
    case "volume":
      return any((container, value) =>
        container.mounts.some(
          (mount) =>
            mount.name === value || mount.target === value || (value.startsWith("/") && mount.source === value),
        ),
      );
    case "network":
      return any(
        (container, value) =>
          networksOf(container).some((each) => each === value) ||
          Object.values(container.endpoints).some((each) => each.networkId.startsWith(value)),
      );
    case "health":
      return any(({ health = "none" }, value) => value === health);
    case "is-task":
      return any((_container, value) => value === "false" || value === "0");
    case "publish":
    case "expose":
      return any((container, value) =>
        container.spec.exposedPorts.some((port) => port === value || port === `${value}/tcp`),
      );
    default:
      return undefined;
  }
}

/** `name=` is a regular expression over the name with or without its slash, as Docker has it. */
function nameMatcher(): (container: Container, value: string) => boolean {
  const compiled = new Map<string, RegExp>();
  return (container, value) => {
    let pattern = compiled.get(value);
    if (pattern === undefined) compiled.set(value, (pattern = regexp(value)));
    return pattern.test(container.name) || pattern.test(`/${container.name}`);
  };
}

function regexp(value: string): RegExp {
  try {
    return new RegExp(value);
  } catch {
    throw new EngineError("InvalidParameter", `invalid filter 'name=${value}'`);
  }
}

function networksOf(container: Container): readonly string[] {
  const mode = container.spec.host.network;
  return [...Object.keys(container.endpoints), mode === "default" || mode === "" ? "bridge" : mode];
}

function olderThan(other: Container): Test {
  return (container) => container.createdAt < other.createdAt;
}

function newerThan(other: Container): Test {
  return (container) => container.createdAt > other.createdAt;
}
