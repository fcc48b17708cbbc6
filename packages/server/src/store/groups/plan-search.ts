import type { Comparison, Expression, FactName, Literal, Subject } from "@heliograph/protocol";
import type { Values } from "../database.ts";
import { searchedFacts, type SearchedFact } from "./searched-rows.ts";

/** How devices are looked for: what the database answers, and what is left to be asked of each that it gives. */
export interface SearchPlan {
  /** Only the devices that have this value are gone through; left out, all of them are. */
  readonly found?: { readonly fact: SearchedFact; readonly value: string };
  /** Of `devices`; names of values begin with `s`. */
  readonly condition?: Sql;
  readonly rest?: Expression;
}

export interface Sql {
  readonly sql: string;
  readonly values: Values;
}

/**
 * Of terms that must all be true, those that SQL can answer are left to it. A column that is NULL is not known, and SQL goes
 * on from there by the same rules as expressions do; `not` included.
 */
export function planSearch(expression: Expression, now: number): SearchPlan {
  const terms = expression.type === "and" ? expression.terms : [expression];
  const found = bestFound(terms);
  const writer = new ConditionWriter(now);
  const written = terms.map((term) => ({ term, sql: term === found?.term ? TRUE : writer.write(term) }));
  const sqls = written.flatMap(({ sql }) => (sql === undefined || sql === TRUE ? [] : [sql]));
  const rest = written.flatMap(({ term, sql }) => (sql === undefined ? [term] : []));
  return {
    ...(found === undefined ? {} : { found: { fact: found.fact, value: found.value } }),
    ...(sqls.length === 0 ? {} : { condition: { sql: sqls.join(" AND "), values: writer.values } }),
    ...restOf(rest),
  };
}

const TRUE = "TRUE";

function restOf(terms: readonly Expression[]): Pick<SearchPlan, "rest"> {
  const [first, ...more] = terms;
  if (first === undefined) return {};
  return { rest: more.length === 0 ? first : { type: "and", terms } };
}

interface Found {
  readonly term: Expression;
  readonly fact: SearchedFact;
  readonly value: string;
}

/** The earlier a fact stands in the list, the fewer devices share a value of it. */
function bestFound(terms: readonly Expression[]): Found | undefined {
  const all = terms.flatMap((term): readonly Found[] => {
    if (term.type !== "compare" || term.operator !== "=") return [];
    const fact = searchedFacts.find((each) => each === nameOf(term.subject));
    return fact === undefined || term.value.type !== "text" ? [] : [{ term, fact, value: term.value.text }];
  });
  return all.toSorted((a, b) => searchedFacts.indexOf(a.fact) - searchedFacts.indexOf(b.fact))[0];
}

/** Facts that stand in a column as they are. */
const COLUMNS: Partial<Record<FactName, string>> = {
  key: "devices.key",
  manufacturer: "devices.manufacturer",
  oui: "devices.oui",
  productClass: "devices.product_class",
  serialNumber: "devices.serial_number",
  softwareVersion: "devices.software_version",
  hardwareVersion: "devices.hardware_version",
  root: "devices.root",
  approval: "devices.approval",
  credentials: "devices.credentials",
  enrolledBy: "devices.enrolled_by",
  subprotocol: "devices.light_subprotocol",
  enrolled: "devices.enrolled_at",
  lastInform: "devices.last_inform_at",
  lastBoot: "devices.last_boot_at",
  lastBootstrap: "devices.last_bootstrap_at",
};

/** Writes an expression as a condition; undefined where some of it cannot be. */
class ConditionWriter {
  readonly #now: number;
  #values: Values = {};

  constructor(now: number) {
    this.#now = now;
  }

  get values(): Values {
    return this.#values;
  }

  write(expression: Expression): string | undefined {
    switch (expression.type) {
      case "and":
      case "or":
        return this.#joined(expression.terms, expression.type === "and" ? " AND " : " OR ");
      case "not": {
        const term = this.write(expression.term);
        return term === undefined ? undefined : `NOT (${term})`;
      }
      case "has":
        return this.#has(expression.subject);
      case "compare":
        return this.#compare(expression);
      case "in": {
        const { subject, values } = expression;
        const terms = values.map((value) => ({ type: "compare", subject, operator: "=", value }) as const);
        return this.#joined(terms, " OR ");
      }
    }
  }

  #joined(terms: readonly Expression[], by: string): string | undefined {
    const written: string[] = [];
    for (const term of terms) {
      const sql = this.write(term);
      if (sql === undefined) return undefined;
      written.push(sql);
    }
    return `(${written.join(by)})`;
  }

  #has(subject: Subject): string | undefined {
    const name = nameOf(subject);
    if (name === "tag") return "devices.tags <> '[]'";
    const column = name && COLUMNS[name];
    return column === undefined ? undefined : `${column} IS NOT NULL`;
  }

  /** Versions are in an order that SQL does not know; equal they are where their texts are. */
  #compare({ subject, operator, value }: Comparison): string | undefined {
    const name = nameOf(subject);
    const isEquality = operator === "=" || operator === "!=";
    const asked = valueOf(value, this.#now);
    if (name === undefined || asked === undefined || operator === "~") return undefined;
    if (!isEquality && typeof asked !== "number") return undefined;
    if (name === "tag") return `${operator === "!=" ? "NOT " : ""}${this.#tagged(asked)}`;
    const column = COLUMNS[name];
    if (column === undefined) return undefined;
    return `${column} ${operator === "!=" ? "<>" : operator} ${this.#value(asked)}`;
  }

  #tagged(tag: string | number): string {
    return `EXISTS (SELECT 1 FROM searched AS tagged WHERE tagged.fact = 'tag' AND tagged.value = ${this.#value(tag)}
      AND tagged.device = devices.key)`;
  }

  #value(value: string | number): string {
    const name = `s${Object.keys(this.#values).length}`;
    this.#values = { ...this.#values, [name]: value };
    return `:${name}`;
  }
}

function nameOf(subject: Subject): FactName | undefined {
  return subject.type === "fact" ? subject.name : undefined;
}

function valueOf(literal: Literal, now: number): string | number | undefined {
  switch (literal.type) {
    case "text":
      return literal.text;
    case "word":
      return literal.word;
    case "moment":
      return literal.at;
    case "ago":
      return now - literal.seconds * 1_000;
    case "number":
    case "boolean":
      return undefined;
  }
}
