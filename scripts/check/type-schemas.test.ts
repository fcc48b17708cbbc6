import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import ts from "typescript";
import { TypeSchemas, type Schema } from "./type-schemas.ts";

const HOME = "#/components/schemas/";
const folder = mkdtempSync(join(tmpdir(), "heliograph-types-"));
after(() => {
  rmSync(folder, { recursive: true });
});

test("objects say what they have, what must be there and what their comments say", () => {
  const { schema } = schemaOf(`
    export type Asked = {
      /** Made by {@link Somebody}. */
      readonly id: string;
      readonly count?: number;
      readonly is: boolean;
      readonly none?: undefined;
    };`);
  assert.deepEqual(schema, {
    type: "object",
    properties: {
      id: { type: "string", description: "Made by Somebody." },
      count: { type: "number" },
      is: { type: "boolean" },
    },
    required: ["id", "is"],
  });
});

test("brands are texts, choices are enums in one order, records and lists are of what they hold", () => {
  const { named } = schemaOf(`
    declare const brand: unique symbol;
    export type Key = string & { readonly [brand]: "Key" };
    export type Asked = {
      readonly key: Key;
      readonly state: "b" | "a";
      readonly only: "one";
      readonly by: Readonly<Record<string, readonly number[]>>;
      readonly either: string | null;
    };`);
  assert.deepEqual(named.get("Key"), { type: "string" });
  assert.deepEqual(named.get("Asked")?.["properties"], {
    key: { $ref: `${HOME}Key` },
    state: { enum: ["a", "b"] },
    only: { const: "one" },
    by: { type: "object", additionalProperties: { type: "array", items: { type: "number" } } },
    either: { anyOf: [{ type: "null" }, { type: "string" }] },
  });
});

test("what refers to itself does so by its name", () => {
  const { schema } = schemaOf("export interface Asked { readonly next?: Asked; }");
  assert.deepEqual(schema["properties"], { next: { $ref: `${HOME}Asked` } });
});

test("a type that no schema says is refused", () => {
  assert.throws(() => schemaOf("export type Asked = { readonly big: bigint };"), /no schema says bigint/);
});

/** Of the type `Asked` in the source. */
function schemaOf(source: string): {
  readonly schema: Schema;
  readonly named: ReadonlyMap<string, Schema>;
} {
  const path = join(folder, "asked.ts");
  writeFileSync(path, source);
  const program = ts.createProgram([path], {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(path);
  const home = file && checker.getSymbolAtLocation(file);
  const asked = home && checker.getExportsOfModule(home).find(({ name }) => name === "Asked");
  assert.ok(asked !== undefined);
  const schemas = new TypeSchemas(checker, HOME);
  schemas.of(checker.getDeclaredTypeOfSymbol(asked));
  return { schema: schemas.named.get("Asked") ?? {}, named: schemas.named };
}
