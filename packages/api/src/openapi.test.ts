import assert from "node:assert/strict";
import { test } from "node:test";
import { openApiDocument } from "./openapi.ts";
import { routes } from "./routes.ts";
import type { Route } from "./route.ts";

const document: unknown = openApiDocument("1.2.3");

/** Every value in a JSON document, with the JSON pointer to it. */
function* everything(value: unknown, pointer = "#"): Generator<readonly [pointer: string, value: unknown]> {
  yield [pointer, value];
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    yield* everything(member, `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  }
}

const values = new Map(everything(document));

function at(...steps: readonly string[]): unknown {
  return values.get(["#", ...steps.map((step) => step.replaceAll("/", "~1"))].join("/"));
}

test("the document says which version of OpenAPI and of the server it is of", () => {
  assert.equal(at("openapi"), "3.1.0");
  assert.equal(at("info", "version"), "1.2.3");
});

test("every reference leads to a component, and every component is referred to", () => {
  const referred = new Set(
    [...values].filter(([pointer]) => pointer.endsWith("/$ref")).map(([, ref]) => ref),
  );
  for (const ref of referred) assert.ok(values.has(String(ref)), `${String(ref)} leads nowhere`);
  const components = at("components", "schemas");
  assert.ok(typeof components === "object" && components !== null);
  for (const name of Object.keys(components)) {
    assert.ok(referred.has(`#/components/schemas/${name}`), `${name} is not referred to`);
  }
});

test("every route is described once, under its own name", () => {
  const described = [...values].filter(([pointer]) => /^#\/paths\/[^/]+\/[a-z]+\/operationId$/.test(pointer));
  assert.deepEqual(described.map(([, name]) => name).toSorted(), Object.keys(routes).toSorted());
});

for (const [name, route] of Object.entries<Route>(routes)) {
  const steps = ["paths", route.path, route.method.toLowerCase()];

  test(`${name} describes every part of its path and no other`, () => {
    const parameters = at(...steps, "parameters");
    assert.ok(Array.isArray(parameters));
    const inPath = [...values].filter(
      ([pointer, value]) =>
        pointer.startsWith(
          ["#", ...steps.map((step) => step.replaceAll("/", "~1")), "parameters"].join("/"),
        ) &&
        pointer.endsWith("/in") &&
        value === "path",
    );
    const names = inPath.map(([pointer]) => values.get(pointer.replace(/in$/, "name")));
    assert.deepEqual(
      names,
      [...route.path.matchAll(/\{(\w+)\}/g)].map(([, part]) => part),
    );
    for (const [pointer] of inPath) assert.equal(values.get(pointer.replace(/in$/, "required")), true);
  });

  test(`${name} describes its answers, and refusals as problem documents`, () => {
    const responses = at(...steps, "responses");
    assert.ok(typeof responses === "object" && responses !== null);
    for (const status of Object.keys(route.answers)) assert.ok(status in responses, `${status} is missing`);
    for (const status of Object.keys(responses).filter((each) => Number(each) >= 400)) {
      const schema = at(
        ...steps,
        "responses",
        status,
        "content",
        "application/problem+json",
        "schema",
        "$ref",
      );
      assert.equal(schema, "#/components/schemas/Problem", status);
    }
  });

  test(`${name} needs a token unless it is open to all`, () => {
    assert.deepEqual(at(...steps, "security"), route.open === true ? [] : undefined);
  });
}
