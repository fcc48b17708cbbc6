import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CWMP_1_0, decodeEnvelope, defaultLimits, type SoapBody, type SoapEnvelope } from "../src/index.ts";
import { isRecord } from "../src/model/record.ts";
import { realMessage } from "./real-message.ts";
import stated from "./real-messages.json" with { type: "json" };
import { testData } from "./test-data.ts";

/** What a message says, as a person reads it; what is not named is not there. */
interface Facts {
  readonly body: string;
  readonly id?: string;
  readonly cwmp?: string;
  readonly serial?: string;
  readonly events?: readonly string[];
  /** How many parameters a list names. */
  readonly parameters?: number;
  /** One of them. */
  readonly value?: readonly unknown[];
  readonly more?: unknown;
}

const messages: readonly (readonly [file: string, facts: Facts])[] = Object.entries<Facts>(stated);

for (const [file, facts] of messages) {
  test(`${file} says what it says`, (t) => {
    const folder = testData(t, "real");
    if (folder === undefined) return;
    const text = realMessage(join(folder, file));
    const envelope = decodeEnvelope(text, { role: "acs", limits: defaultLimits });
    assert.ok(envelope.ok, envelope.ok ? "" : `${envelope.problem.at}: ${envelope.problem.detail}`);
    const found = factsOf(envelope.value, facts.value?.[0]);
    assert.deepEqual(JSON.parse(JSON.stringify(found)), facts);
    if (facts.parameters !== undefined) assert.equal(facts.parameters, namesIn(text).size);
  });
}

test("every message of the test data is stated here", (t) => {
  const folder = testData(t, "real");
  if (folder === undefined) return;
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".xml")),
    messages.map(([file]) => file),
  );
});

function factsOf({ body, id, namespace }: SoapEnvelope<"acs">, path: unknown): unknown {
  const content = contentOf(body);
  const { DeviceId: deviceId, Event: events, ParameterList: list } = content;
  const listed = isRecord(list) ? new Map<unknown, unknown>(pathsOf(list)) : undefined;
  return {
    body: body.kind === "fault" ? `fault ${body.fault.code}` : `${body.kind} ${body.method}`,
    ...(id === undefined ? {} : { id }),
    ...(namespace === CWMP_1_0 ? {} : { cwmp: namespace.slice(-3) }),
    ...(isRecord(deviceId) ? { serial: deviceId["SerialNumber"] } : {}),
    ...(Array.isArray(events)
      ? { events: events.map((event) => isRecord(event) && event["EventCode"]) }
      : {}),
    ...(listed === undefined ? {} : { parameters: listed.size }),
    ...(path === undefined ? {} : { value: [path, listed?.get(path)] }),
    ...(listed === undefined && deviceId === undefined ? { more: content } : {}),
  };
}

function contentOf(body: SoapBody<"acs">): Readonly<Record<string, unknown>> {
  switch (body.kind) {
    case "request":
      return body.params;
    case "answer":
      return body.result;
    case "fault":
      return { ...body.fault };
    default:
      return body;
  }
}

function* pathsOf(
  list: Readonly<Record<string, unknown>>,
): Generator<readonly [path: string, value: unknown]> {
  for (const [object, group] of Object.entries(list)) {
    assert.ok(isRecord(group));
    for (const [leaf, value] of Object.entries(group)) yield [object + leaf, value];
  }
}

/** The names that a reader of plain text finds. */
function namesIn(text: string): ReadonlySet<string> {
  const names = Array.from(text.matchAll(/<Name[^>]*>([^<]*)<\/Name>/g), ([, name = ""]) => name.trim());
  return new Set(names.filter((name) => name !== ""));
}
