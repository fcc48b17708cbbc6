import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { OperationRequest } from "./operations.ts";
import { routes } from "./routes.ts";
import { TokenRequest } from "./tokens.ts";
import { inputValidator, validator } from "./validation.ts";

const request = validator(OperationRequest);

for (const [name, body] of [
  ["one RPC", { method: "Reboot" }],
  [
    "one RPC with params, a wait and seconds to live",
    { method: "X_00D09E_Test", params: {}, wait: 60, expires: 5 },
  ],
  [
    "several RPCs",
    { rpcs: [{ method: "Reboot" }, { method: "FactoryReset" }], expires: "2026-01-31T00:00:00+01:00" },
  ],
] as const) {
  test(`${name} can be asked for`, () => {
    assert.ok(request.check(body));
  });
}

for (const [name, body, errors] of [
  [
    "a misspelt field of one of several RPCs",
    { rpcs: [{ method: "Reboot", parms: {} }] },
    ["$.rpcs[0].parms"],
  ],
  ["both forms at once", { method: "Reboot", rpcs: [{ method: "Reboot" }] }, ["$.rpcs"]],
  ["neither form", {}, ["$"]],
  ["too long a wait", { method: "Reboot", wait: 61 }, ["$.wait"]],
  ["params that are a list", { method: "Reboot", params: [] }, ["$.params"]],
  ["no object", "Reboot", ["$"]],
] as const) {
  test(`${name} is refused with its place`, () => {
    assert.ok(!request.check(body));
    assert.deepEqual(
      request.errors(body).map(({ at }) => at),
      errors,
    );
  });
}

test("no token can be named like the settings' own", () => {
  const token = validator(TokenRequest);
  assert.ok(!token.check({ name: "admin" }));
  assert.ok(token.check({ name: "administration" }));
});

test("a query's texts become what the route asks for", () => {
  const { fromText, check, errors } = inputValidator(routes.listDevices);
  const raw = { params: undefined, headers: {}, body: undefined };
  const read = fromText({ ...raw, query: { limit: "5", approval: "waiting" } });
  assert.ok(check(read));
  assert.deepEqual(read.query, { limit: 5, approval: "waiting" });
  const strange = fromText({ ...raw, query: { limit: "many", colour: "red" } });
  assert.ok(!check(strange));
  assert.deepEqual(
    errors(strange).map(({ at }) => at),
    ["colour", "limit"],
  );
});

test("a filter by one event name is a list of one", () => {
  const { fromText } = inputValidator(routes.followEvents);
  const read = fromText({ params: undefined, headers: {}, body: undefined, query: { name: "boot" } });
  assert.deepEqual(read.query, { name: ["boot"] });
});

test("what is missing from a query is said of the query", () => {
  const { errors } = inputValidator(routes.unsetModelQuirk);
  const raw = { params: { name: "digest" }, headers: {}, body: undefined, query: { oui: "00D09E" } };
  assert.deepEqual(
    errors(raw).map(({ at }) => at),
    ["query"],
  );
});

test("a list that is too long is told to be so, whatever its items are", () => {
  const rpcs = Array.from({ length: 30_000 }, () => ({ method: "Reboot" }));
  assert.deepEqual(request.errors({ rpcs }), [{ at: "$.rpcs", detail: "must not have more than 64 items" }]);
});

test("an item far behind is found, where those before it fit", () => {
  const numbers = [...Array.from({ length: 500 }, (_, index) => index), "x"];
  const [error] = validator(Type.Array(Type.Integer())).errors(numbers);
  assert.equal(error?.at, "$[500]");
});
