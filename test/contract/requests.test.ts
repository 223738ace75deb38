import assert from "node:assert/strict";
import { KindGuard, type TObject, type TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import * as contract from "../../sdk/contract/index.ts";

/** Every body that a client can send. */
const BODIES: Readonly<Record<string, TObject>> = {
  AuthConfig: contract.AuthConfig,
  ContainerCreateBody: contract.ContainerCreateBody,
  ContainerUpdateBody: contract.ContainerUpdateBody,
  ExecCreateBody: contract.ExecCreateBody,
  ExecStartBody: contract.ExecStartBody,
  NetworkConnectBody: contract.NetworkConnectBody,
  NetworkCreateBody: contract.NetworkCreateBody,
  NetworkDisconnectBody: contract.NetworkDisconnectBody,
  VolumeCreateBody: contract.VolumeCreateBody,
};

/** A body with `null` for everything that may be left out, as Go's encoder writes what is not set; objects are filled likewise. */
function nulls(schema: TObject, deep: boolean): Record<string, unknown> {
  const required = new Set(schema.required ?? []);
  return Object.fromEntries<unknown>(
    Object.entries(schema.properties).map(([name, each]) => {
      if (required.has(name)) return [name, "x"];
      const inner = deep ? objectIn(each) : undefined;
      return [name, inner === undefined ? null : nulls(inner, true)];
    }),
  );
}

function objectIn(schema: TSchema): TObject | undefined {
  if (KindGuard.IsObject(schema)) return schema;
  return KindGuard.IsUnion(schema) ? schema.anyOf.find((each) => KindGuard.IsObject(each)) : undefined;
}

function firstError(schema: TSchema, value: unknown): string | undefined {
  const error = [...Value.Errors(schema, value)][0];
  return error === undefined ? undefined : `${error.path}: ${error.message}`;
}

describe("request bodies", () => {
  for (const [name, schema] of Object.entries(BODIES)) {
    it(`${name} takes null for every field that may be left out`, () => {
      assert.equal(firstError(schema, nulls(schema, false)), undefined);
      assert.equal(firstError(schema, nulls(schema, true)), undefined);
    });
    it(`${name} takes fields that nobody knows`, () => {
      assert.equal(firstError(schema, { ...nulls(schema, false), FromTheFuture: { a: [1] } }), undefined);
    });
    it(`${name} refuses what is no object`, () => {
      for (const value of [null, [], "x", 1, true]) assert.notEqual(firstError(schema, value), undefined);
    });
  }

  const WRONG: readonly (readonly [schema: TSchema, body: object, path: string])[] = [
    [contract.ContainerCreateBody, { Env: "A=b" }, "/Env"],
    [contract.ContainerCreateBody, { Tty: "yes" }, "/Tty"],
    [contract.ContainerCreateBody, { Labels: { a: 1 } }, "/Labels"],
    [contract.ContainerCreateBody, { StopTimeout: 1.5 }, "/StopTimeout"],
    [contract.ContainerCreateBody, { HostConfig: { Memory: "64m" } }, "/HostConfig"],
    [contract.ExecCreateBody, { ConsoleSize: [-1, 2] }, "/ConsoleSize"],
    [contract.NetworkCreateBody, {}, "/Name"],
  ];
  for (const [schema, body, path] of WRONG) {
    it(`refuses ${JSON.stringify(body)}`, () => assert.match(firstError(schema, body) ?? "", new RegExp(`^${path}`)));
  }

  it("takes a command line as a list or as one word", () => {
    for (const Cmd of [["a", "b"], "a", null]) assert.ok(Value.Check(contract.ContainerCreateBody, { Cmd }));
  });

  it("takes ports that are exposed and not published", () => {
    const HostConfig = { PortBindings: { "80/tcp": null, "81/tcp": [{ HostIp: null, HostPort: "8081" }] } };
    assert.ok(Value.Check(contract.ContainerCreateBody, { HostConfig }));
  });
});
