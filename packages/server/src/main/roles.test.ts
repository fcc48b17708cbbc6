import assert from "node:assert/strict";
import { test } from "node:test";
import { allRoles, isWhole, readRoles } from "./roles.ts";

test("roles are read in their own order, each once", () => {
  assert.deepEqual(readRoles(["api", "cwmp", "api"]), { ok: true, roles: ["cwmp", "api"] });
  assert.equal(isWhole(["cwmp", "api"]), false);
  assert.equal(isWhole(allRoles), true);
});

test("a role that there is not is named, and so are those that there are", () => {
  assert.deepEqual(readRoles(["cwmp", "console"]), {
    ok: false,
    problem: 'knows no role "console"; there are cwmp, light, engine, api',
  });
  assert.equal(readRoles([]).ok, false);
});
