import { Problem } from "./problem-document.ts";
import { problemRegister, problemUri, type ProblemReason } from "./problems.ts";
import type { AnswerForm, Route } from "./route.ts";
import { routes, sharedProblems } from "./routes.ts";
import type { JsonObject, JsonValue } from "./schema.ts";

/** The OpenAPI 3.1 document of the whole API. */
export function openApiDocument(version: string): JsonObject {
  const components = new Map<string, JsonValue>();
  const paths: Record<string, Record<string, JsonValue>> = {};
  for (const [name, route] of Object.entries<Route>(routes)) {
    const methods = (paths[route.path] ??= {});
    methods[route.method.toLowerCase()] = describe(name, route, components);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Heliograph",
      version,
      description:
        "Manage TR-069 devices: call their RPCs, read what is known of them, follow what happens to them.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function describe(name: string, route: Route, components: Map<string, JsonValue>): JsonObject {
  const write = (schema: object): JsonValue => writeSchema(plain(schema), components);
  const problems = [...route.problems, ...(route.open === true ? [] : sharedProblems)];
  return {
    operationId: name,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(route.open === true ? { security: [] } : {}),
    parameters: [
      ...parameters("path", route.params, write),
      ...parameters("query", route.query, write),
      ...parameters("header", route.headers, write),
    ],
    ...requestBody(route, write),
    responses: { ...answers(route, write), ...refusals(problems, write) },
  };
}

type Write = (schema: object) => JsonValue;

function requestBody({ body, content }: Route, write: Write): JsonObject {
  if (content !== undefined) return { requestBody: { required: true, content: { [content]: {} } } };
  if (body === undefined) return {};
  return { requestBody: { required: true, content: { "application/json": { schema: write(body) } } } };
}

function parameters(
  place: "path" | "query" | "header",
  schema: object | undefined,
  write: Write,
): JsonObject[] {
  if (schema === undefined) return [];
  const { properties, required } = plain(schema);
  const needed = new Set(isJsonList(required) ? required : []);
  return Object.entries(isJsonObject(properties) ? properties : {}).map(([name, property]) => {
    return {
      name,
      in: place,
      required: needed.has(name),
      schema: isJsonObject(property) ? write(property) : {},
    };
  });
}

function answers(route: Route, write: Write): JsonObject {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, form]) => [
      status,
      {
        description: form.summary,
        ...(status === "202" ? { headers: { Location: { schema: { type: "string" } } } } : {}),
        ...content(form, write),
      },
    ]),
  );
}

function content(form: AnswerForm, write: Write): JsonObject {
  switch (form.form) {
    case "json":
      return { content: { "application/json": { schema: write(form.schema) } } };
    case "text":
      return { content: { [form.mediaType]: { schema: { type: "string" } } } };
    case "none":
      return {};
  }
}

/** One response for each status, naming the problems that have it. */
function refusals(reasons: readonly ProblemReason[], write: Write): JsonObject {
  const byStatus = Map.groupBy(reasons, (reason) => problemRegister[reason].status);
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      String(status),
      {
        description: same
          .map((reason) => `${problemRegister[reason].title} (\`${problemUri(reason)}\`)`)
          .join("; "),
        content: { "application/problem+json": { schema: write(Problem) } },
      },
    ]),
  );
}

/** Writes a schema; one with a title goes into the components and is referred to. */
function writeSchema(schema: JsonValue, components: Map<string, JsonValue>): JsonValue {
  if (isJsonList(schema)) return schema.map((item) => writeSchema(item, components));
  if (!isJsonObject(schema)) return schema;
  const { title } = schema;
  const written = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, writeSchema(value, components)]),
  );
  if (typeof title !== "string") return written;
  components.set(title, written);
  return { $ref: `#/components/schemas/${title}` };
}

/** The JSON of a schema, without what its library keeps beside it. */
function plain(schema: object): JsonObject {
  const parsed: unknown = JSON.parse(JSON.stringify(schema));
  return isJsonObject(parsed) ? parsed : {};
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isJsonList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
