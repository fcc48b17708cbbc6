import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import specs from "@asyncapi/specs";
import { Ajv } from "ajv";
import { format, resolveConfig } from "prettier";
import ts from "typescript";
import { ROOT } from "./sources.ts";
import type { Step } from "./step.ts";
import { described, TypeSchemas, type Schema } from "./type-schemas.ts";

/** Where the document is that the ACS serves. */
export const ASYNCAPI = "spec/asyncapi.json";

/** The table that it is made of. */
export const SUBJECTS = "packages/server/src/ports/subjects.ts";

/** The published document of the bus against the types of its messages. */
export const asyncapi: Step = {
  name: "asyncapi",
  async run() {
    const wanted = await asyncApiText();
    const found = await readFile(resolve(ROOT, ASYNCAPI), "utf8").catch(() => "");
    const problems = [
      ...(wanted === found ? [] : ["is not what the types give: `npm run asyncapi` writes it"]),
      ...asyncApiProblems(JSON.parse(wanted)),
    ];
    return {
      ok: problems.length === 0,
      figures: `${subjectsIn(program()).length} subjects`,
      output: problems.map((problem) => `${ASYNCAPI}: ${problem}`).join("\n"),
    };
  },
};

/** Where a document is none by AsyncAPI's own schema; what it says of its payloads is looked at as JSON Schema, too. */
export function asyncApiProblems(document: unknown): readonly string[] {
  // The schema brings its own of JSON Schema along.
  const ajv = new Ajv({ meta: false, strict: false, validateSchema: false, validateFormats: false });
  const schema: Schema = { ...specs.schemas["3.0.0"] };
  const isDocument = ajv.compile(schema);
  if (isDocument(document)) return [];
  return (isDocument.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`);
}

/** The document as it is written. */
export async function asyncApiText(): Promise<string> {
  const path = resolve(ROOT, ASYNCAPI);
  return format(JSON.stringify(asyncApiDocument(program())), {
    ...(await resolveConfig(path)),
    parser: "json",
  });
}

/** A subject of the bus, as its table has it. */
interface SubjectRow {
  readonly name: string;
  /** With `{device}` for each part that differs. */
  readonly address: string;
  readonly description: Schema;
  readonly parameters: readonly string[];
  /** What it carries, and for a request what it is answered with. */
  readonly carries: readonly ts.TypeNode[];
}

/** What makes a subject of the table. Patterns are for whoever listens to many subjects, which are in it themselves. */
const OF_ANY = "ofAny";
const MAKERS: ReadonlySet<string> = new Set(["subject", "request", OF_ANY]);

let read: ts.Program | undefined;

/** Read once: it takes seconds. */
function program(): ts.Program {
  read ??= ts.createProgram([resolve(ROOT, SUBJECTS)], {
    ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, allowImportingTsExtensions: true },
    ...{ module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ESNext, types: ["node"] },
  });
  return read;
}

/** AsyncAPI 3.0: what the ACS sends, and what it takes and answers. */
export function asyncApiDocument(from: ts.Program): Schema {
  const schemas = new TypeSchemas(from.getTypeChecker(), "#/components/schemas/");
  const channels: Record<string, Schema> = {};
  const operations: Record<string, Schema> = {};
  const messages: Record<string, Schema> = {};
  for (const row of subjectsIn(from)) {
    const [carried = "", answer] = row.carries.map((node) => messageOf(node, { from, schemas, messages }));
    channels[row.name] = {
      ...{ address: row.address, ...row.description, ...parametersOf(row) },
      messages: { [carried]: reference("messages", carried) },
    };
    const on = { channel: { $ref: `#/channels/${row.name}` } };
    if (answer === undefined) {
      operations[row.name] = { action: "send", ...on };
      continue;
    }
    const back = `${row.name}Answer`;
    channels[back] = { address: null, messages: { [answer]: reference("messages", answer) } };
    operations[row.name] = { action: "receive", ...on, reply: { channel: { $ref: `#/channels/${back}` } } };
  }
  return {
    asyncapi: "3.0.0",
    info: {
      ...{ title: "Heliograph's bus", version: "1.0.0" },
      description:
        "What the parts of the ACS say to each other. Values are plain JSON; times are milliseconds since 1970. A request is " +
        "answered to whoever asked, on an address of its own. The bus carries hints and questions: the truth is in the store.",
      license: { name: "Apache-2.0" },
    },
    defaultContentType: "application/json",
    ...{ channels, operations },
    components: { messages, schemas: sorted(schemas.named) },
  };
}

interface Writing {
  readonly from: ts.Program;
  readonly schemas: TypeSchemas;
  readonly messages: Record<string, Schema>;
}

/** The name of the message, which stands among `messages` from then on. */
function messageOf(node: ts.TypeNode, { from, schemas, messages }: Writing): string {
  const name = node.getText();
  messages[name] = { name, payload: schemas.of(from.getTypeChecker().getTypeFromTypeNode(node)) };
  return name;
}

function subjectsIn(from: ts.Program): readonly SubjectRow[] {
  const file = from.getSourceFile(resolve(ROOT, SUBJECTS));
  const checker = from.getTypeChecker();
  const rows: SubjectRow[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node)) rows.push(...rowOf(node, checker));
    else ts.forEachChild(node, visit);
  };
  if (file === undefined) throw new Error(`${SUBJECTS} is not there`);
  visit(file);
  return rows;
}

function rowOf(property: ts.PropertyAssignment, checker: ts.TypeChecker): readonly SubjectRow[] {
  const { initializer } = property;
  const call = ts.isArrowFunction(initializer) ? initializer.body : initializer;
  if (!ts.isCallExpression(call) || !MAKERS.has(call.expression.getText())) return [];
  const [name] = call.arguments;
  if (name === undefined) return [];
  const parameters = ts.isTemplateExpression(name)
    ? name.templateSpans.map(({ expression }) => expression.getText())
    : [];
  const row: SubjectRow = {
    ...{ name: property.name.getText(), parameters, carries: call.typeArguments ?? [] },
    address: addressOf(name),
    description: described(checker.getSymbolAtLocation(property.name), checker),
  };
  return call.expression.getText() === OF_ANY ? [row, askedOfOne(row)] : [row];
}

/** What is asked of any engine can be asked of one by its name. */
function askedOfOne({ name, address, parameters, carries }: SubjectRow): SubjectRow {
  return {
    ...{ name: `${name}Asked`, parameters: ["engine", ...parameters], carries },
    address: address.replace(/^hg\.v1\./, "hg.v1.engine.{engine}.asked."),
    description: {
      description: `The same as \`${name}\`, asked of this engine: a queue group would go on to give its share to one that stands still.`,
    },
  };
}

function addressOf(name: ts.Expression): string {
  if (ts.isStringLiteral(name)) return name.text;
  if (!ts.isTemplateExpression(name)) throw new Error(`${name.getText()} is no subject`);
  const spans = name.templateSpans.map(
    ({ expression, literal }) => `{${expression.getText()}}${literal.text}`,
  );
  return name.head.text + spans.join("");
}

function parametersOf({ parameters }: SubjectRow): Schema {
  if (parameters.length === 0) return {};
  return { parameters: Object.fromEntries(parameters.map((name) => [name, {}])) };
}

function reference(kind: "messages" | "schemas", name: string): Schema {
  return { $ref: `#/components/${kind}/${name}` };
}

function sorted(named: ReadonlyMap<string, Schema>): Schema {
  return Object.fromEntries([...named].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
