import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Check } from "typebox/schema";
import {
  closeCodes,
  decodeDeviceAnswer,
  decodeDeviceRequest,
  decodeEnvelope,
  decodeToken,
  defaultLimits,
  encodeTokenAnswer,
  encodeTokenFault,
  encodeTokenRequest,
  lightRpcs,
  publishedSchemas,
  valueTypes,
  type Fields,
  type Role,
  type Token,
} from "../src/index.ts";

const page = await readFile(new URL("../../../docs/light-transport.md", import.meta.url), "utf8");

/** The blocks of code of one language on the page; the conversation has none. */
function blocks(language: string): readonly string[] {
  return [...page.matchAll(/```(\w*)\n(.*?)```/gs)].flatMap(([, name, block]) =>
    name === language && block !== undefined ? [block] : [],
  );
}

/** The cells of a table on the page, by how its head begins. */
function table(...head: readonly string[]): readonly (readonly string[])[] {
  const lines = page.split("\n");
  const cells = (line: string): readonly string[] =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const at = lines.findIndex((line) => head.every((name, index) => cells(line)[index] === name));
  assert.ok(at >= 0, head.join(", "));
  const rows = lines.slice(at + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .map(cells);
}

interface Line {
  readonly text: string;
  readonly reader: Role;
  readonly token: Token;
}

const conversation: readonly Line[] = blocks("").flatMap((block) =>
  [...block.matchAll(/^([→←]) (.*)$/gm)].map(([, arrow, text = ""]) => {
    const reader = arrow === "→" ? "acs" : "device";
    const decoded = decodeToken(text, { role: reader, limits: defaultLimits });
    assert.ok(decoded.ok, text);
    return { text, reader, token: decoded.value };
  }),
);

test("the page shows the register of close codes as it is [LIGHT-CLOSE-1]", () => {
  const rows = Object.entries(closeCodes).map(([name, { code, meaning, then }]) => [
    String(code),
    `\`${name}\``,
    meaning,
    `\`${then}\``,
  ]);
  assert.deepEqual(table("code", "name"), rows);
});

test("each line of the page's conversation is written as the codec writes it [LIGHT-TOKEN-1, LIGHT-TOKEN-6]", () => {
  assert.ok(conversation.length > 20);
  for (const { text, token } of conversation) assert.equal(rewritten(token), text);
});

test("each message of the page's conversation fits its schema [LIGHT-SCHEMA-2]", () => {
  const asked = new Map<string, string>();
  for (const { text, reader, token } of conversation) {
    if (token.kind === "request") asked.set(`${reader} ${String(token.id)}`, token.method);
    if (token.kind === "observation") asked.set(`${reader} ${String(token.id)}`, token.request.method);
    const asker = reader === "acs" ? "device" : "acs";
    const fitting = token.kind === "answer" ? asked.get(`${asker} ${String(token.id)}`) : undefined;
    if (token.kind === "request" && !token.method.startsWith("X_")) {
      assert.ok(Check(schemaOf(`${reader}:${token.method}:request`), paramsOf(token)), text);
    } else if (token.kind === "observation") {
      const { method, params } = token.request;
      assert.ok(Check(schemaOf(`${reader}:${method}:request`), params), text);
    } else if (token.kind === "answer" && fitting !== undefined) {
      assert.ok(Check(schemaOf(`${asker}:${fitting}:answer`), token.result), text);
    }
  }
});

test("the page lists every field of Attach and of its answer [LIGHT-TOKEN-5]", () => {
  const named = (fields: Fields): readonly string[] => Object.keys(fields).map((name) => `\`${name}\``);
  const { request, answer } = lightRpcs.Attach;
  const first = (row: readonly string[]): string => row[0] ?? "";
  assert.deepEqual(table("field", "default").map(first), named(request));
  assert.deepEqual(table("field", "what").map(first), named(answer));
});

test("each value type of the page is written as a set takes it [LIGHT-LIST-2, LIGHT-LIST-3]", () => {
  const rows = table("type", "written").filter(([type]) => type !== "no value");
  assert.deepEqual(
    rows.map(([type]) => type),
    [
      "string",
      "boolean",
      "unsignedInt",
      "int",
      "long",
      "unsignedLong",
      "decimal",
      "dateTime",
      "base64",
      "hexBinary",
    ].map((type) => `\`${type}\``),
  );
  assert.equal(rows.length, valueTypes.length);
  for (const [, written = ""] of rows) {
    for (const [, text = ""] of written.matchAll(/`([^`]+)`/g)) {
      const A: unknown = JSON.parse(text);
      const ParameterList = { "Device.": { A } };
      assert.ok(decodeDeviceRequest("SetParameterValues", { ParameterList }).ok, text);
    }
  }
});

test("the parameter lists of the page are lists [LIGHT-LIST-1, LIGHT-LIST-5]", () => {
  const lists = blocks("json").filter((block) => block.includes('"Device.WiFi.'));
  const kinds = ["GetParameterValues", "GetParameterNames", "GetParameterNames"];
  const grouped = lists.filter((block) => !block.includes("Parameter"));
  assert.equal(grouped.length, kinds.length);
  for (const [index, method] of kinds.entries()) {
    const ParameterList: unknown = JSON.parse(grouped[index] ?? "");
    assert.ok(decodeDeviceAnswer(method, { ParameterList }).ok, grouped[index]);
  }
});

test("the envelopes of the page advertise and refer", () => {
  const [inform, response] = blocks("xml");
  const offered = decodeEnvelope(inform ?? "", { role: "acs", limits: defaultLimits });
  assert.ok(offered.ok && offered.value.body.kind === "request");
  assert.deepEqual(offered.value.header.webSocketSupport, ["cwmp.json"]);
  const referred = decodeEnvelope(response ?? "", { role: "device", limits: defaultLimits });
  assert.ok(referred.ok && referred.value.body.kind === "answer");
  const { url, subprotocol, expiresIn } = referred.value.header.webSocketReference ?? {};
  assert.deepEqual([url, subprotocol, expiresIn], ["wss://acs.example/light", "cwmp.json", 600]);
});

function rewritten(token: Token): string {
  switch (token.kind) {
    case "request":
      return encodeTokenRequest({ ...token, params: paramsOf(token) });
    case "answer":
      assert.ok(typeof token.result === "object" && token.result !== null);
      return encodeTokenAnswer(token.id, token.result);
    case "fault":
      return encodeTokenFault(token.id, token.fault);
    case "publication":
      return encodeTokenRequest({ method: "Publish", params: token.params });
    case "observation":
      return encodeTokenRequest({ id: token.id, ...token.request });
    default:
      return token.kind;
  }
}

function paramsOf({ params, positional }: Extract<Token, { kind: "request" }>): object {
  return positional === true ? { ...params, Shape: "values" } : params;
}

const schemas = new Map(publishedSchemas().map(({ schema }) => [schema["$id"], schema]));

function schemaOf(name: string): object {
  const schema = schemas.get(`urn:heliograph:light-1:${name}`);
  assert.ok(schema !== undefined, name);
  return schema;
}
