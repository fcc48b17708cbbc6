import ts from "typescript";

/** A JSON Schema, or a part of one. */
export type Schema = { readonly [name: string]: unknown };

/** Words of the protocol for any JSON: what may stand in it is decided by who reads it. */
const ANY_JSON: ReadonlyMap<string, Schema> = new Map([
  ["JsonObject", { type: "object" }],
  ["JsonValue", {}],
]);

/** Writes types as JSON Schemas; those that have a name stand among `named`, and are referred to. */
export class TypeSchemas {
  readonly named = new Map<string, Schema>();
  readonly #checker: ts.TypeChecker;
  readonly #home: string;
  readonly #types = new Map<string, ts.Type>();

  /** `home` is what references begin with. */
  constructor(checker: ts.TypeChecker, home: string) {
    this.#checker = checker;
    this.#home = home;
  }

  of(type: ts.Type): Schema {
    const name = nameOf(type);
    if (name === undefined) return this.#plain(type);
    const any = ANY_JSON.get(name);
    if (any !== undefined) return any;
    const known = this.#types.get(name);
    if (known !== undefined && known !== type) throw new Error(`two types have the name ${name}`);
    if (known === undefined) {
      this.#types.set(name, type);
      // Whoever refers to itself finds its name taken.
      this.named.set(name, {
        ...described(type.aliasSymbol ?? type.symbol, this.#checker),
        ...this.#plain(type),
      });
    }
    return { $ref: `${this.#home}${name}` };
  }

  #plain(type: ts.Type): Schema {
    if (type.isUnion()) return this.#union(type.types);
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (isText(type)) return { type: "string" };
    if (has(type, ts.TypeFlags.NumberLike)) return { type: "number" };
    if (has(type, ts.TypeFlags.BooleanLiteral)) return { const: this.#checker.typeToString(type) === "true" };
    if (has(type, ts.TypeFlags.Null)) return { type: "null" };
    if (has(type, ts.TypeFlags.Unknown | ts.TypeFlags.Any)) return {};
    const item = this.#itemOf(type);
    if (item !== undefined) return { type: "array", items: this.of(item) };
    if (has(type, ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return this.#object(type);
    throw new Error(`no schema says ${this.#checker.typeToString(type)}`);
  }

  /** Texts and numbers to choose from are an `enum`; both truths are one boolean. The compiler keeps no order of its own. */
  #union(types: readonly ts.Type[]): Schema {
    const given = types.filter((type) => !has(type, ts.TypeFlags.Undefined));
    const truths = given.filter((type) => has(type, ts.TypeFlags.BooleanLiteral));
    const literals = given.filter((type) => type.isStringLiteral() || type.isNumberLiteral());
    const rest = given.filter((type) => !truths.includes(type) && !literals.some((each) => each === type));
    const values = literals.map(({ value }) => value).toSorted();
    const parts: readonly Schema[] = [
      ...(values.length > 1 ? [{ enum: values }] : literals.map((type) => this.of(type))),
      ...(truths.length > 1 ? [{ type: "boolean" }] : truths.map((type) => this.of(type))),
      ...rest.map((type) => this.of(type)).toSorted(byText),
    ];
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { anyOf: parts };
  }

  #object(type: ts.Type): Schema {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const property of this.#checker.getPropertiesOfType(type)) {
      const value = this.#checker.getTypeOfSymbol(property);
      // It is said to be absent.
      if (has(value, ts.TypeFlags.Undefined)) continue;
      const own = this.of(value);
      properties[property.name] = { ...own, ...described(property, this.#checker) };
      if ((property.flags & ts.SymbolFlags.Optional) === 0) required.push(property.name);
    }
    const values = type.getStringIndexType();
    return {
      type: "object",
      ...(Object.keys(properties).length > 0 ? { properties } : {}),
      ...(required.length > 0 ? { required } : {}),
      ...(values === undefined ? {} : { additionalProperties: this.of(values) }),
    };
  }

  #itemOf(type: ts.Type): ts.Type | undefined {
    if (!this.#checker.isArrayLikeType(type)) return undefined;
    return this.#checker.getIndexTypeOfType(type, ts.IndexKind.Number);
  }
}

function byText(one: Schema, other: Schema): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

/** Undefined for what is put together where it stands, such as a part of another type. */
function nameOf(type: ts.Type): string | undefined {
  const { aliasSymbol, aliasTypeArguments } = type;
  if (aliasSymbol !== undefined) return aliasTypeArguments === undefined ? aliasSymbol.name : undefined;
  const isPlain = type.isClassOrInterface() && type.typeParameters === undefined;
  return isPlain ? type.symbol.name : undefined;
}

/** A brand is a text with more to it, of which nothing travels. */
function isText(type: ts.Type): boolean {
  if (has(type, ts.TypeFlags.StringLike)) return true;
  return type.isIntersection() && type.types.some((part) => has(part, ts.TypeFlags.StringLike));
}

function has(type: ts.Type, flags: ts.TypeFlags): boolean {
  return (type.flags & flags) !== 0;
}

/** What its comment says, without the marks of its links. */
export function described(symbol: ts.Symbol | undefined, checker: ts.TypeChecker): Schema {
  const text = ts.displayPartsToString(symbol?.getDocumentationComment(checker));
  const description = text
    .replaceAll(/\{@link (\w+) ?\}/g, "$1")
    .replaceAll(/\s+/g, " ")
    .trim();
  return description === "" ? {} : { description };
}
